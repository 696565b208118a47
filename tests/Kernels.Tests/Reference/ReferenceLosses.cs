namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>The double-precision twin of the losses: sums over the batch, not scaled.</summary>
internal static class ReferenceLosses
{
    /// <summary><c>softmax(z)[c] = e^(z[c]) / Σ e^z</c> of each row, shifted by the row's largest number.</summary>
    public static double[] Softmax(int classes, double[] logits)
    {
        double[] probabilities = new double[logits.Length];
        for (int first = 0; first < logits.Length; first += classes)
        {
            double largest = logits[first], sum = 0;
            for (int c = 0; c < classes; c++) largest = Math.Max(largest, logits[first + c]);
            for (int c = 0; c < classes; c++) sum += Math.Exp(logits[first + c] - largest);
            for (int c = 0; c < classes; c++) probabilities[first + c] = Math.Exp(logits[first + c] - largest) / sum;
        }
        return probabilities;
    }

    /// <summary><c>−Σ_n Σ_c t[n,c] · log softmax(z)[n,c]</c> with t of <see cref="Targets"/>.</summary>
    public static double SoftmaxCrossEntropy(int classes, double[] logits, int[] labels, double smoothing = 0)
    {
        double[] targets = Targets(classes, labels, smoothing);
        double loss = 0;
        for (int first = 0; first < logits.Length; first += classes)
        {
            double largest = logits[first], sum = 0;
            for (int c = 0; c < classes; c++) largest = Math.Max(largest, logits[first + c]);
            for (int c = 0; c < classes; c++) sum += Math.Exp(logits[first + c] - largest);
            for (int c = 0; c < classes; c++) loss -= targets[first + c] * (logits[first + c] - largest - Math.Log(sum));
        }
        return loss;
    }

    /// <summary>1 − ε at the label, plus ε/classes everywhere.</summary>
    public static double[] Targets(int classes, int[] labels, double smoothing)
    {
        double[] targets = new double[labels.Length * classes];
        for (int n = 0; n < labels.Length; n++)
            for (int c = 0; c < classes; c++) targets[(n * classes) + c] = (c == labels[n] ? 1 - smoothing : 0) + (smoothing / classes);
        return targets;
    }

    /// <summary><c>½ Σ (a − y)²</c>.</summary>
    public static double SquaredError(double[] output, double[] target)
    {
        double loss = 0;
        for (int i = 0; i < output.Length; i++) loss += 0.5 * (output[i] - target[i]) * (output[i] - target[i]);
        return loss;
    }
}
