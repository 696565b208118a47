using CnnEngine.Analysis;
using CnnEngine.Initialization;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Analysis;

/// <summary>What somebody who writes a layer may get wrong.</summary>
public enum Mistake
{
    None,
    WrongSign,
    MissingTerm,
    MissingBiasGradient,
    ForgottenFactor,
    FilterNotRotated,
    AllZero,
    NotANumber,
    WrongImage,
    WeightGradientOverwritten,
    InputGradientAddedTo,
    OtherFunction,
}

/// <summary>
/// A layer of a user's own: a filter of three taps along each row, <c>y[j] = ½ Σ_t w[t] · x[j + t] + b</c>, with a mistake if one is
/// asked for.
/// </summary>
internal sealed class RowFilter(Mistake mistake) : Layer
{
    private const int Taps = 3;

    private Parameter? _weight;
    private Parameter? _bias;

    public override string Kind => "rowfilter";

    public override Shape Plan(LayerPlan plan)
    {
        (int channels, int height, int width) = plan.InputImage();
        _weight = GetParameter(plan, "weight", new Shape(Taps), Initializer.LeCun, Taps, Taps);
        _bias = GetParameter(plan, "bias", new Shape(1), Initializer.Zeros, Taps, Taps);
        return new Shape(channels, height, width - Taps + 1);
    }

    public override void Forward(in Step step)
    {
        float factor = mistake == Mistake.OtherFunction ? 1 : 0.5f;
        ReadOnlySpan<float> w = _weight!.Value.Span;
        foreach ((int to, int from) in Places(step))
        {
            float sum = 0;
            for (int t = 0; t < Taps; t++) sum += w[t] * step.Input()[from + t];
            step.Output[to] = (factor * sum) + _bias!.Value.Span[0];
        }
    }

    public override void Backward(in Step step)
    {
        bool isOther = mistake == Mistake.OtherFunction;
        float factor = isOther ? 1 : 0.5f, weightFactor = isOther || mistake == Mistake.ForgottenFactor ? 1 : 0.5f;
        ReadOnlySpan<float> w = _weight!.Value.Span, dy = step.OutputGradient;
        Span<float> dw = step.Gradient(_weight), db = step.Gradient(_bias!), dx = step.InputGradient();
        if (mistake == Mistake.WeightGradientOverwritten) dw.Clear();
        if (mistake != Mistake.InputGradientAddedTo) dx.Clear();
        int image = step.OutputShape.Length;
        foreach ((int to, int from) in Places(step))
        {
            if (mistake == Mistake.AllZero) continue;
            if (mistake != Mistake.MissingBiasGradient) db[0] += dy[to];
            for (int t = mistake == Mistake.MissingTerm ? 1 : 0; t < Taps; t++)
            {
                dw[t] += weightFactor * dy[to] * step.Input()[from + t];
                float weight = mistake switch
                {
                    Mistake.WrongSign => -w[t],
                    Mistake.NotANumber => float.NaN,
                    Mistake.FilterNotRotated => w[Taps - 1 - t],
                    _ => w[t],
                };
                dx[from + t] += factor * weight * dy[mistake == Mistake.WrongImage ? (to + image) % dy.Length : to];
            }
        }
    }

    public override string ToString() => "RowFilter";

    public static Twin Twin(Shape input) => (images, inputs, parameters) =>
    {
        int width = input[2], outputs = width - Taps + 1;
        double[] x = inputs[0], w = parameters[0], y = new double[images * input.Length / width * outputs];
        for (int i = 0; i < y.Length; i++)
        {
            int from = (i / outputs * width) + (i % outputs);
            y[i] = (0.5 * ((w[0] * x[from]) + (w[1] * x[from + 1]) + (w[2] * x[from + 2]))) + parameters[1][0];
        }
        return y;
    };

    private static IEnumerable<(int To, int From)> Places(in Step step)
    {
        int width = step.InputShape()[2], outputs = step.OutputShape[2];
        return Enumerable.Range(0, step.Images * step.OutputShape.Length).Select(to => (to, (to / outputs * width) + (to % outputs)));
    }
}
