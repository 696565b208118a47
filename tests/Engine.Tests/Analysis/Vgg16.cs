using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Analysis;

/// <summary>K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014, configuration D.</summary>
internal static class Vgg16
{
    public static readonly Shape Image = new(3, 224, 224);

    public static Sequential Layers()
    {
        Sequential layers = [];
        foreach ((int filters, int convolutions) in ((int, int)[])[(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)])
        {
            for (int i = 0; i < convolutions; i++)
            {
                layers.Add(new Conv2d(filters, 3, padding: 1));
                layers.Add(new ReLU());
            }
            layers.Add(new MaxPool2d(2));
        }
        foreach (Layer layer in (Layer[])[new Flatten(), new Linear(4096), new ReLU(), new Linear(4096), new ReLU(), new Linear(1000)]) layers.Add(layer);
        return layers;
    }
}
