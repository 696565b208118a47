using System.Globalization;
using System.Runtime.InteropServices;
using CnnEngine.Kernels;

namespace CnnEngine.Bench.Reports;

/// <summary>What the figures come from.</summary>
internal static class Machine
{
    private static readonly Lazy<Dictionary<string, string>> Processor = new(ReadProcessor);

    /// <summary>In one line.</summary>
    public static string Summary => $"{ProcessorName}, {Environment.ProcessorCount} cores; {RuntimeInformation.FrameworkDescription}; {Vectors}";

    /// <summary>As a table's rows.</summary>
    public static IReadOnlyList<(string What, string Value)> Facts =>
    [
        ("Processor", $"{ProcessorName}, {Environment.ProcessorCount} cores"),
        ("System", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
        ("Runtime", RuntimeInformation.FrameworkDescription),
        ("SIMD", Vectors),
        ("Date", DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
        ("Command", $"`dotnet run -c Release --project bench -- {string.Join(' ', Environment.GetCommandLineArgs().Skip(1).Select(Quote))}`"),
    ];

    /// <summary>
    /// What OpenBLAS is fastest with. Version 0.3.21 does not know newer processors of AMD and would run at half their speed; its
    /// AVX-512 kernels are called SkylakeX.
    /// </summary>
    public static IReadOnlyDictionary<string, string> OpenBlasSettings(int threads)
    {
        Dictionary<string, string> settings = new() { ["OPENBLAS_NUM_THREADS"] = $"{threads}" };
        string[] flags = Processor.Value.GetValueOrDefault("flags", "").Split(' ');
        string[] needed = ["avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"];
        if (needed.All(flags.Contains)) settings["OPENBLAS_CORETYPE"] = "SkylakeX";
        return settings;
    }

    private static string Vectors => $"{Simd.Width}, {Simd.Lanes} floats";

    private static string ProcessorName
    {
        get
        {
            Dictionary<string, string> processor = Processor.Value;
            if (!processor.TryGetValue("model name", out string? name)) return RuntimeInformation.ProcessArchitecture.ToString();
            // A virtual machine may hide the name, but not the family.
            return processor.TryGetValue("cpu family", out string? family) && processor.TryGetValue("model", out string? model)
                ? $"{name} (family {family}, model {model})"
                : name;
        }
    }

    private static Dictionary<string, string> ReadProcessor()
    {
        Dictionary<string, string> facts = [];
        if (!File.Exists("/proc/cpuinfo")) return facts;
        foreach (string line in File.ReadLines("/proc/cpuinfo").TakeWhile(line => line.Length > 0))
            if (line.Split(':', 2, StringSplitOptions.TrimEntries) is [var key, var value]) facts[key] = value;
        return facts;
    }

    private static string Quote(string argument) => argument.Contains(' ', StringComparison.Ordinal) || argument.Length == 0 ? $"'{argument}'" : argument;
}
