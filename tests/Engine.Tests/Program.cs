using CnnEngine.Serialization;

namespace CnnEngine.Tests;

/// <summary>What the tests do in a process of its own, to be killed: <see cref="Serialization.KilledWriterTests"/>.</summary>
internal static class Program
{
    /// <summary>Numbers in the file: writing takes most of the time of a turn.</summary>
    public const int Length = 4_000_000;

    /// <summary>Writes a file over and over, each time full of another number.</summary>
    public static void Main(string[] args)
    {
        Tensor tensor = Tensor.Zeros(new Shape(Length));
        for (int i = 1; ; i++)
        {
            tensor.Span.Fill(i);
            SafetensorsFile.Write(args[0], [new NamedTensor("w", tensor)]);
        }
    }
}
