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

    /// <summary><c>−Σ weight · (t·log σ(z) + (1 − t)·log(1 − σ(z)))</c>, with both logarithms of σ written so that nothing overflows.</summary>
    public static double SigmoidCrossEntropy(double[] logits, double[] targets, double[]? weights = null)
    {
        double loss = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            double z = logits[i], tail = Math.Log(1 + Math.Exp(-Math.Abs(z)));
            double logYes = Math.Min(z, 0) - tail, logNo = Math.Min(-z, 0) - tail;
            loss -= (weights?[i] ?? 1) * ((targets[i] * logYes) + ((1 - targets[i]) * logNo));
        }
        return loss;
    }

    /// <summary><c>Σ weight · (|d| &lt; β ? d²/2β : |d| − β/2)</c>.</summary>
    public static double SmoothL1(double[] output, double[] target, double beta, double[]? weights = null)
    {
        double loss = 0;
        for (int i = 0; i < output.Length; i++)
        {
            double distance = Math.Abs(output[i] - target[i]);
            loss += (weights?[i] ?? 1) * (distance < beta ? distance * distance / (2 * beta) : distance - (beta / 2));
        }
        return loss;
    }

    /// <summary>Σ over images of the mean, over pixels whose label is not <paramref name="ignored"/>, of their cross-entropy.</summary>
    public static double PixelCrossEntropy(int classes, int pixels, double[] logits, int[] labels, int ignored)
    {
        double total = 0;
        for (int n = 0; n < labels.Length / pixels; n++)
        {
            double loss = 0;
            int labelled = 0;
            for (int p = 0; p < pixels; p++)
            {
                if (labels[(n * pixels) + p] == ignored) continue;
                double[] z = [.. Enumerable.Range(0, classes).Select(c => logits[(((n * classes) + c) * pixels) + p])];
                loss += SoftmaxCrossEntropy(classes, z, [labels[(n * pixels) + p]]);
                labelled++;
            }
            if (labelled > 0) total += loss / labelled;
        }
        return total;
    }
}
