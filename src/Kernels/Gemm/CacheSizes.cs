using System.Globalization;

namespace CnnEngine.Kernels;

/// <summary>
/// The sizes in bytes of the caches that the first processor sees: first level for data, second and third level. A cache that several
/// cores share counts whole. Linux tells them in files; elsewhere, and for a size that is missing or absurd, a common one is assumed.
/// </summary>
internal readonly record struct CacheSizes(long Level1, long Level2, long Level3)
{
    /// <summary>Bytes in a line of the caches.</summary>
    public const int Line = 64;

    /// <summary>Floats in it.</summary>
    public const int FloatsOfLine = Line / sizeof(float);

    private const long KB = 1 << 10, MB = 1 << 20;

    private static CacheSizes? _current;

    /// <summary>What is assumed where nothing is known.</summary>
    public static CacheSizes Default { get; } = new(32 * KB, MB, 8 * MB);

    /// <summary>The machine's, read once.</summary>
    public static CacheSizes Current
    {
        get => _current ??= Read("/sys/devices/system/cpu/cpu0/cache");
        internal set => _current = value;
    }

    /// <summary>Reads <c>index*/level</c>, <c>type</c> and <c>size</c> in a folder as Linux makes it.</summary>
    internal static CacheSizes Read(string folder)
    {
        long level1 = 0, level2 = 0, level3 = 0;
        try
        {
            foreach (string index in Directory.Exists(folder) ? Directory.GetDirectories(folder, "index*") : [])
            {
                if (ReadLine(index, "type") == "Instruction") continue;
                long size = ParseSize(ReadLine(index, "size"));
                switch (ReadLine(index, "level"))
                {
                    case "1": level1 = size; break;
                    case "2": level2 = size; break;
                    case "3": level3 = size; break;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What was read so far will do.
        }
        return new CacheSizes(level1, level2, level3).Sane();
    }

    /// <summary>The same with the default for each size that no core has.</summary>
    internal CacheSizes Sane() => new(
        Level1 is >= 8 * KB and <= MB ? Level1 : Default.Level1,
        Level2 is >= 64 * KB and <= 64 * MB ? Level2 : Default.Level2,
        Level3 is >= MB and <= 4096 * MB ? Level3 : Default.Level3);

    /// <summary>Bytes of a size as in <c>48K</c> or <c>32M</c>; 0 if it is none.</summary>
    internal static long ParseSize(string text)
    {
        long unit = text.EndsWith('K') ? KB : text.EndsWith('M') ? MB : 1;
        string number = unit == 1 ? text : text[..^1];
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size * unit : 0;
    }

    private static string ReadLine(string folder, string file) => File.ReadAllText(Path.Combine(folder, file)).Trim();
}
