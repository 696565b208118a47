using System.Runtime.CompilerServices;

namespace CnnEngine;

/// <summary>
/// One block of floats, zeroed and aligned to 64 bytes: a cache line, and the widest vector there is. It lies on the pinned
/// object heap: never moved, never scanned, and alive as long as a span or a tensor refers to it, so that nobody has to dispose it.
/// </summary>
internal sealed class AlignedMemory
{
    /// <summary>Blocks within the memory start at multiples of this many floats, so that each is aligned too.</summary>
    public const int Alignment = 16;

    private readonly float[] _floats;
    private readonly int _start;

    public unsafe AlignedMemory(long length)
    {
        if (length < 0 || length > Array.MaxLength - Alignment)
            throw new ArgumentOutOfRangeException(nameof(length), $"{length} floats do not fit one block of memory; the most are {Array.MaxLength - Alignment}");
        Length = (int)length;
        _floats = GC.AllocateArray<float>(Length + Alignment, pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref _floats[0]);
        nuint bytes = Alignment * sizeof(float);
        _start = (int)((bytes - (address % bytes)) % bytes / sizeof(float));
    }

    public int Length { get; }

    public Span<float> Span(int offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)offset, (uint)Length, nameof(offset));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)(Length - offset), nameof(length));
        return _floats.AsSpan(_start + offset, length);
    }
}
