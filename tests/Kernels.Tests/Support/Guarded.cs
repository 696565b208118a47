using System.Runtime.InteropServices;

namespace CnnEngine.Kernels.Tests;

/// <summary>
/// Numbers at an odd address between two guard zones. As floats the zones are NaN, so that a kernel that uses what lies around
/// its input spoils its result; each number of a zone has bits of its own, so that a kernel that writes there is seen.
/// </summary>
internal sealed unsafe class Guarded<T> where T : unmanaged
{
    // More than the two widest vectors that a kernel may reach over an edge, and odd.
    private const int Zone = 67;

    private static int _instances;

    private readonly T[] _all;
    private readonly uint _pattern;

    /// <summary>A destination: the numbers, too, are NaN at first.</summary>
    public Guarded(int length)
    {
        _all = GC.AllocateUninitializedArray<T>(length + (2 * Zone), pinned: true);
        // A quiet NaN with the number of the buffer in it.
        _pattern = 0xFFC0_0000 | ((uint)Interlocked.Increment(ref _instances) & 0x3FFF) << 8;
        Span<uint> bits = MemoryMarshal.Cast<T, uint>(_all.AsSpan());
        for (int i = 0; i < bits.Length; i++) bits[i] = Guard(i);
    }

    /// <summary>A source, or a destination that is added to.</summary>
    public Guarded(ReadOnlySpan<T> content)
        : this(content.Length) => content.CopyTo(Span);

    public Span<T> Span => _all.AsSpan(Zone, _all.Length - (2 * Zone));

    public T* Data => (T*)Marshal.UnsafeAddrOfPinnedArrayElement(_all, Zone);

    /// <summary>Fails if anything was written before or after the numbers.</summary>
    public void AssertIntact()
    {
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<T, uint>(_all.AsSpan());
        for (int i = 0; i < Zone; i++)
        {
            int behind = bits.Length - Zone + i;
            if (bits[i] != Guard(i)) Assert.Fail($"written {Zone - i} numbers before the first");
            if (bits[behind] != Guard(behind)) Assert.Fail($"written {i + 1} numbers behind the last");
        }
    }

    private uint Guard(int i) => _pattern ^ ((uint)i & 0xFF);
}
