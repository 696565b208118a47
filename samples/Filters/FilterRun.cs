using CnnEngine;
using CnnEngine.Graphs;
using CnnEngine.Imaging;
using CnnEngine.Layers;
using Spectre.Console;

namespace Filters;

/// <summary>Applies the filters to the picture, each by a network of one layer, then shows and writes the results.</summary>
internal sealed class FilterRun(Options options, IAnsiConsole console)
{
    private const int MaxWidth = 120;
    private const int Gap = 2;

    public void Run()
    {
        Picture picture = options.Image is null ? TestPicture.Draw() : ImageFile.Read(options.Image);
        if (options.Grey) picture = picture.ToGrey();
        if (options.Folder is not null)
        {
            if (File.Exists(options.Folder)) throw new IOException($"--out {options.Folder}: this is a file; a folder is needed");
            Directory.CreateDirectory(options.Folder);
        }
        List<(ImageFilter Filter, Picture Picture)> results = [.. options.Filters.Select(filter => (filter, Apply(filter, picture)))];
        if (!options.Quiet) Show(picture, results);
        if (options.Folder is not null) Write(options.Folder, results);
    }

    /// <summary>The convolution of each channel, with zeros around the picture; what is darker than black or lighter than white is cut off.</summary>
    private static Picture Apply(ImageFilter filter, Picture picture)
    {
        Tensor image = picture.ToTensor();
        Network network = new Sequential { new FixedFilter2d(filter) }.Compile(image.Shape, new NetworkOptions { BatchSize = 1, Training = false });
        return Picture.FromTensor(network.Predict(image.Reshape(image.Shape.Prepend(1))).Reshape(network.OutputShape));
    }

    private void Show(Picture picture, List<(ImageFilter Filter, Picture Picture)> results)
    {
        string colours = picture.Channels == 1 ? "grey" : "in colours";
        console.WriteLine($"{options.Image ?? "a picture drawn by the program"}: {picture.Width}×{picture.Height} pixels {colours}");
        console.WriteLine();
        int width = Math.Min(console.Profile.Width, MaxWidth), columns = Math.Min(options.Columns, width);
        int together = Math.Max(1, (width + Gap) / (columns + Gap));
        foreach ((ImageFilter Filter, Picture Picture)[] row in results.Chunk(together))
        {
            Grid grid = new();
            foreach ((ImageFilter, Picture) _ in row) grid.AddColumn(new GridColumn { Padding = new Padding(0, 0, Gap, 0), NoWrap = true });
            grid.AddRow([.. row.Select(result => new Text($"{result.Filter}"))]);
            grid.AddRow([.. row.Select(result => new PictureView(result.Picture, columns))]);
            console.Write(grid);
        }
    }

    private void Write(string folder, List<(ImageFilter Filter, Picture Picture)> results)
    {
        foreach ((ImageFilter filter, Picture picture) in results)
        {
            string path = Path.Combine(folder, $"{filter.Name.ToLowerInvariant().Replace(' ', '-')}.png");
            ImageFile.Write(path, picture);
            console.WriteLine(options.Quiet ? path : $"written: {path}");
        }
    }
}
