namespace CnnEngine.Layers;

/// <summary>Which input channels each output channel of a convolution sees: a matrix of 0 and 1. A value; two with equal entries are equal.</summary>
public sealed class ConnectionTable : IEquatable<ConnectionTable>
{
    private readonly int[] _places;

    /// <summary>Makes a table from the inputs that each output sees.</summary>
    /// <param name="inputs">C, the input channels.</param>
    /// <param name="inputsOfOutputs">For each of the K outputs, the numbers of its inputs, from 0 on and rising.</param>
    /// <exception cref="ArgumentException">There is no output, one has no input, or an input is out of range or out of order.</exception>
    public ConnectionTable(int inputs, params IReadOnlyList<IReadOnlyList<int>> inputsOfOutputs)
    {
        ArgumentNullException.ThrowIfNull(inputsOfOutputs);
        if (inputs < 1) throw new ArgumentException($"the number of inputs is {inputs}; it must be at least 1", nameof(inputs));
        if (inputsOfOutputs.Count == 0) throw new ArgumentException("the table has no outputs; it must have at least 1", nameof(inputsOfOutputs));
        (Inputs, Outputs) = (inputs, inputsOfOutputs.Count);
        List<int> places = [];
        for (int output = 0; output < Outputs; output++)
        {
            if (inputsOfOutputs[output].Count == 0) throw new ArgumentException($"output {output} has no inputs; it must have at least 1", nameof(inputsOfOutputs));
            int last = -1;
            foreach (int input in inputsOfOutputs[output])
            {
                if (input <= last || input >= inputs)
                    throw new ArgumentException($"output {output} has input {input}{(last < 0 ? "" : $" after {last}")}; inputs are 0 to {inputs - 1}, rising", nameof(inputsOfOutputs));
                places.Add((output * inputs) + input);
                last = input;
            }
        }
        _places = [.. places];
    }

    /// <summary>
    /// LeNet-5's third layer: six maps in, sixteen out, sixty connections (Y. LeCun et al., "Gradient-Based Learning Applied to Document
    /// Recognition", 1998, table I). It breaks the symmetry between the maps, each of which sees others.
    /// </summary>
    public static ConnectionTable LeNet5 { get; } = new(
        6,
        [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5],
        [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5], [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5],
        [0, 1, 2, 3, 4, 5]);

    /// <summary>C, the input channels.</summary>
    public int Inputs { get; }

    /// <summary>K, the output channels.</summary>
    public int Outputs { get; }

    /// <summary>How many pairs are connected.</summary>
    public int Connections => _places.Length;

    /// <summary>Whether an output sees an input.</summary>
    public bool this[int output, int input] => input >= 0 && input < Inputs && Array.BinarySearch(_places, (output * Inputs) + input) >= 0;

    /// <summary>The entries that are 1, in the matrix's row-major order: <c>output·C + input</c>.</summary>
    internal ReadOnlySpan<int> Places => _places;

    /// <inheritdoc/>
    public bool Equals(ConnectionTable? other) =>
        other is not null && (Inputs, Outputs) == (other.Inputs, other.Outputs) && _places.AsSpan().SequenceEqual(other._places);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ConnectionTable);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Inputs, Outputs, _places.Length);

    /// <summary>Its size, as in <c>60 of 6×16</c>.</summary>
    public override string ToString() => $"{Connections} of {Inputs}×{Outputs}";
}
