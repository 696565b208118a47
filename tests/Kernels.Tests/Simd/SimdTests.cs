using System.Numerics;
using System.Runtime.Intrinsics;

namespace CnnEngine.Kernels.Tests;

/// <summary>The choice of a vector width, and what each width's operations compute.</summary>
public unsafe class SimdTests
{
    [Theory]
    [InlineData("128", SimdWidth.Vector128)]
    [InlineData("256", SimdWidth.Vector256)]
    [InlineData("512", SimdWidth.Vector512)]
    [InlineData("T", SimdWidth.VectorT)]
    public void A_width_is_forced_by_its_name(string name, SimdWidth width) => Assert.Equal(width, Simd.Pick(name));

    [Theory, InlineData(null), InlineData("")]
    public void The_widest_that_the_machine_has_is_the_default(string? name)
    {
        SimdWidth widest = Vector512.IsHardwareAccelerated ? SimdWidth.Vector512 : Vector256.IsHardwareAccelerated ? SimdWidth.Vector256 : SimdWidth.Vector128;
        Assert.Equal(widest, Simd.Pick(name));
    }

    [Theory, InlineData("1024"), InlineData("t"), InlineData(" 256"), InlineData("AVX2")]
    public void Other_names_are_refused_with_those_that_there_are(string name)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => Simd.Pick(name));
        Assert.Equal($"CNNENGINE_SIMD={name}: the vector widths are 128, 256, 512 and T", exception.Message);
    }

    [Fact]
    public void Lanes_follow_the_width()
    {
        Dictionary<SimdWidth, int> lanes = new()
        {
            [SimdWidth.Vector128] = 4,
            [SimdWidth.Vector256] = 8,
            [SimdWidth.Vector512] = 16,
            [SimdWidth.VectorT] = Vector<float>.Count,
        };
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            Assert.Equal((width, lanes[width]), (Simd.Width, Simd.Lanes));
            LanesOf call = default;
            Simd.Run(ref call);
            Assert.Equal(lanes[width], call.Lanes);
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Every_operation_works_lane_by_lane(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        int lanes = Simd.Lanes;
        float[] specials = [0, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        for (int turn = 0; turn < lanes; turn++)
        {
            Guarded<float> a = new(Numbers.Integers(lanes, 1)), b = new(Numbers.Integers(lanes, 2)), c = new(Numbers.Integers(lanes, 3)), r = new(18 * lanes);
            a.Span[turn] = specials[turn % specials.Length];
            if (turn % 2 == 1) b.Span[turn] = a.Span[turn];
            Operations call = new(a.Data, b.Data, c.Data, r.Data);
            Simd.Run(ref call);
            r.AssertIntact();
            for (int i = 0; i < lanes; i++)
            {
                float x = a.Span[i], y = b.Span[i], z = c.Span[i];
                // NaN in the second place stays; what becomes of it in the first is the machine's affair.
                float smaller = float.IsNaN(y) ? y : float.IsNaN(x) ? r.Span[(14 * lanes) + i] : MathF.Min(x, y), larger = float.IsNaN(y) ? y : float.IsNaN(x) ? r.Span[(15 * lanes) + i] : MathF.Max(x, y);
                float[] expected =
                [
                    0, 2.5f, x + y, x - y, x * y, (x * y) + z,
                    x > 0 ? y : z, x < 0 ? y : z, x,
                    i, x == y ? z : 9, x > y || float.IsNaN(x) ? z : 9,
                    x / y, MathF.Sqrt(x), smaller, larger, x > y ? z : 9,
                    BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(x) & BitConverter.SingleToInt32Bits(y)),
                ];
                for (int operation = 0; operation < expected.Length; operation++)
                    Assert.Equal(expected[operation], r.Span[(operation * lanes) + i]);
            }
            Assert.Equal(c.Span.ToArray().Sum(), call.Sum);
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Sums_of_four_vectors_lie_side_by_side(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        int lanes = Simd.Lanes;
        Guarded<float> rows = new(Numbers.Integers(4 * lanes, 1)), sums = new(4);
        FourSums call = new(rows.Data, sums.Data);
        Simd.Run(ref call);
        sums.AssertIntact();
        Assert.Equal(rows.Span.ToArray().Chunk(lanes).Select(row => row.Sum()), sums.Span.ToArray());
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Two_vectors_are_parted_into_even_and_odd_lanes_and_joined_again(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        int lanes = Simd.Lanes;
        float[] counting = [.. Enumerable.Range(0, 2 * lanes).Select(i => (float)i)];
        Guarded<float> row = new(counting), parted = new(2 * lanes), joined = new(2 * lanes);
        PartAndJoin call = new(row.Data, parted.Data, joined.Data);
        Simd.Run(ref call);
        parted.AssertIntact();
        joined.AssertIntact();
        for (int i = 0; i < lanes; i++) Assert.Equal((2 * i, (2 * i) + 1), (parted.Span[i], parted.Span[lanes + i]));
        Assert.Equal(counting, joined.Span.ToArray());
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Lanes_move_to_the_left_and_to_the_right_and_take_one_from_the_vector_beside(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        int lanes = Simd.Lanes;
        float[] counting = [.. Enumerable.Range(0, 2 * lanes).Select(i => (float)i)];
        Guarded<float> row = new(counting), left = new(lanes), right = new(lanes);
        Neighbours call = new(row.Data, left.Data, right.Data);
        Simd.Run(ref call);
        left.AssertIntact();
        right.AssertIntact();
        Assert.Equal(counting[1..(lanes + 1)], left.Span.ToArray());
        Assert.Equal(counting[(lanes - 1)..^1], right.Span.ToArray());
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Quads_are_loaded_interleaved_within_their_lanes_and_stored(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        const int stride = 7;
        int lanes = Simd.Lanes, rows = lanes / 4;
        // Nothing is read before a row of four or behind it.
        float[] numbers = [.. Enumerable.Range(0, (2 * rows * stride) - 3).Select(i => i % stride < 4 ? i : float.NaN)];
        Guarded<float> from = new(numbers), joined = new(2 * lanes), to = new(((rows - 1) * stride) + 4);
        Quads call = new(from.Data, stride, rows * stride, joined.Data, to.Data);
        Simd.Run(ref call);
        joined.AssertIntact();
        to.AssertIntact();
        for (int i = 0; i < lanes; i++)
        {
            // Lanes 4k to 4k + 3 of the first are a0 b0 a1 b1, those of the second a2 b2 a3 b3.
            int place = (i / 4 * stride) + (i % 4 / 2) + (i % 2 * rows * stride);
            Assert.Equal((numbers[place], numbers[place + 2]), (joined.Span[i], joined.Span[lanes + i]));
            Assert.Equal(numbers[(i / 4 * stride) + (i % 4)], to.Span[(i / 4 * stride) + (i % 4)]);
        }
        for (int i = 0; i < to.Span.Length; i++) Assert.Equal(i % stride < 4, !float.IsNaN(to.Span[i]));
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Lanes_are_permuted_by_the_lowest_bits_of_integers(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        int lanes = Simd.Lanes;
        int[] places = [.. Enumerable.Range(0, lanes).Select(lane => ((5 * lane) + 3) % lanes)];
        Guarded<float> values = new(Numbers.Random(lanes, 1)), to = new(lanes);
        // The higher bits do not count, not even those that make a NaN.
        Guarded<int> bits = new([.. places.Select(place => place | 0x4B400000), .. places.Select(place => place - 16)]);
        for (int first = 0; first < 2 * lanes; first += lanes)
        {
            Permuted call = new(values.Data, (float*)bits.Data + first, to.Data);
            Simd.Run(ref call);
            to.AssertIntact();
            Assert.Equal(places.Select(place => values.Span[place]), to.Span.ToArray());
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Numbers_are_gathered_from_rows(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        int lanes = Simd.Lanes;
        foreach (int stride in new[] { 1, 3, 10 })
        {
            int[] places = [.. Enumerable.Range(0, lanes).Select(row => ((7 * row) + 2) % stride)];
            Guarded<float> rows = new([.. Enumerable.Range(0, lanes * stride).Select(i => (float)i)]), to = new(lanes);
            Guarded<int> at = new(places);
            Gathered call = new(rows.Data, stride, at.Data, to.Data);
            Simd.Run(ref call);
            to.AssertIntact();
            Assert.Equal(places.Select((place, row) => (float)((row * stride) + place)), to.Span.ToArray());
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Exponents_and_powers_of_roots_of_two_belong_together(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        int lanes = Simd.Lanes;
        for (int power = -126; power <= 127; power++)
        {
            Guarded<float> exponents = new(lanes), roots = new(lanes);
            PowersOfRoots call = new(power * lanes, exponents.Data, roots.Data);
            Simd.Run(ref call);
            exponents.AssertIntact();
            roots.AssertIntact();
            for (int lane = 0; lane < lanes; lane++)
            {
                Assert.Equal(power, exponents.Span[lane]);
                double expected = Math.Pow(2, power + ((double)lane / lanes));
                Assert.InRange(roots.Span[lane], expected * (1 - 6e-8), expected * (1 + 6e-8));
            }
        }
        NotFinite odd = default;
        Simd.Run(ref odd);
        Assert.Equal((true, true), (odd.Infinite > 127, odd.NaN > 127));
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void A_number_that_is_not_less_is_found_in_every_lane(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        float[] numbers = new float[Simd.Lanes];
        Assert.True(AreAllBelow(numbers, 1));
        for (int lane = 0; lane < numbers.Length; lane++)
        {
            numbers[lane] = 2;
            Assert.False(AreAllBelow(numbers, 1));
            Assert.False(AreAllBelow(numbers, 2));
            Assert.True(AreAllBelow(numbers, 3));
            numbers[lane] = float.NaN;
            Assert.False(AreAllBelow(numbers, 3));
            numbers[lane] = 0;
        }
    }

    private static bool AreAllBelow(float[] numbers, float bound)
    {
        fixed (float* x = numbers)
        {
            AllBelow call = new(x, bound);
            Simd.Run(ref call);
            return call.AreAll;
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Whole_numbers_become_floats_and_are_stored_again_exactly(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        int[] numbers = [.. Enumerable.Range(0, Simd.Lanes).Select(i => i % 2 == 0 ? (1 << 24) - i : -i)];
        Guarded<int> from = new(numbers), to = new(numbers.Length);
        Guarded<float> floats = new(numbers.Length);
        ThroughFloats call = new(from.Data, floats.Data, to.Data);
        Simd.Run(ref call);
        to.AssertIntact();
        Assert.Equal(numbers, to.Span.ToArray());
        Assert.Equal(numbers.Select(number => (float)number), floats.Span.ToArray());
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Bytes_become_floats(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        for (int first = 0; first < 256; first++)
        {
            byte[] bytes = [.. Enumerable.Range(first, Simd.Lanes).Select(i => (byte)(7 * i))];
            Guarded<float> to = new(bytes.Length);
            fixed (byte* from = bytes)
            {
                FromBytes call = new(from, to.Data);
                Simd.Run(ref call);
            }
            to.AssertIntact();
            Assert.Equal(bytes.Select(value => (float)value), to.Span.ToArray());
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Products_with_powers_of_two_are_rounded_once(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        for (int power = -250; power <= 250; power++)
        {
            float[] numbers = Numbers.Random(Simd.Lanes, power, 2);
            (numbers[0], numbers[1], numbers[2]) = (float.NaN, float.PositiveInfinity, 0);
            Guarded<float> values = new(numbers), powers = new([.. Enumerable.Repeat((float)power, numbers.Length)]), to = new(numbers.Length);
            Powers call = new(values.Data, powers.Data, to.Data);
            Simd.Run(ref call);
            to.AssertIntact();
            Assert.Equal(numbers.Select(number => (float)(number * Math.Pow(2, power))), to.Span.ToArray());
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Logarithms_are_right_to_two_units_in_the_last_place(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        float[] numbers =
        [
            0, -0f, 1, -1, 1e-10f, -1e-10f, 0.5f, 2, 10, -10, 1000, 1e30f, -1e30f,
            float.PositiveInfinity, float.NegativeInfinity, float.NaN, .. Numbers.Random(112, 1, 20),
        ];
        Assert.Equal(0, numbers.Length % 16); // whole vectors
        Guarded<float> x = new(numbers), log = new(numbers.Length);
        Logarithms call = new(x.Data, log.Data, numbers.Length);
        Simd.Run(ref call);
        log.AssertIntact();
        for (int i = 0; i < numbers.Length; i++) AssertClose(MathF.Log(numbers[i]), log.Span[i]);

        void AssertClose(float expected, float actual)
        {
            if (!float.IsFinite(expected)) Assert.Equal(expected, actual);
            else Assert.InRange(actual, expected - (2.1f * Expect.Epsilon * Math.Abs(expected)), expected + (2.1f * Expect.Epsilon * Math.Abs(expected)));
        }
    }

    [Fact]
    public void Constants_are_the_numbers_they_are_named_after() =>
        Assert.Equal(
            Enumerable.Range(1, 12),
            [N1.Value, N2.Value, N3.Value, N4.Value, N5.Value, N6.Value, N7.Value, N8.Value, N9.Value, N10.Value, N11.Value, N12.Value]);

    [Fact]
    public void The_multiply_add_peak_is_a_rate()
    {
        using ForcedThreads one = new(1);
        Assert.InRange(MultiplyAddPeak.Measure(), 0.001, 100_000);
    }

    private struct LanesOf : ISimdKernel
    {
        public int Lanes { get; private set; }

        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => Lanes = S.Lanes;
    }

    private struct Operations(float* a, float* b, float* c, float* results) : ISimdKernel
    {
        public float Sum { get; private set; }

        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            V x = S.Load(a), y = S.Load(b), z = S.Load(c);
            V[] all =
            [
                S.Zero, S.Broadcast(2.5f), S.Add(x, y), S.Subtract(x, y), S.Multiply(x, y), S.MultiplyAdd(x, y, z),
                S.WherePositive(x, y, z), S.WhereNegative(x, y, z), x,
                S.Iota, S.WhereEqual(x, y, z, S.Broadcast(9)), S.WhereBeats(x, y, z, S.Broadcast(9)),
                S.Divide(x, y), S.SquareRoot(x), S.Min(x, y), S.Max(x, y), S.WhereGreater(x, y, z, S.Broadcast(9)),
                S.And(x, y),
            ];
            for (int i = 0; i < all.Length; i++) S.Store(results + (i * S.Lanes), all[i]);
            Sum = S.Sum(z);
        }
    }

    private readonly struct Permuted(float* values, float* lanes, float* to) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => S.Store(to, S.Permute(S.Load(values), S.Load(lanes)));
    }

    private readonly struct Gathered(float* rows, int stride, int* places, float* to) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => S.Store(to, S.Gather(rows, stride, places));
    }

    private readonly struct PowersOfRoots(int first, float* exponents, float* powers) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            V power = S.PowerOfRoot(TableExponential<S, V>.Roots(), S.ToInt32(S.Add(S.Broadcast(first), S.Iota)));
            S.Store(powers, power);
            S.Store(exponents, S.Exponent(power));
        }
    }

    private struct NotFinite : ISimdKernel
    {
        public float Infinite { get; private set; }

        public float NaN { get; private set; }

        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            Infinite = S.Sum(S.Exponent(S.Broadcast(float.PositiveInfinity))) / S.Lanes;
            NaN = S.Sum(S.Exponent(S.Broadcast(float.NaN))) / S.Lanes;
        }
    }

    private struct AllBelow(float* numbers, float bound) : ISimdKernel
    {
        public bool AreAll { get; private set; }

        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => AreAll = S.IsLessEverywhere(S.Load(numbers), S.Broadcast(bound));
    }

    private readonly struct FourSums(float* rows, float* sums) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged =>
            S.Sums(S.Load(rows), S.Load(rows + S.Lanes), S.Load(rows + (2 * S.Lanes)), S.Load(rows + (3 * S.Lanes))).Store(sums);
    }

    private readonly struct Logarithms(float* x, float* log, int length) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            for (int i = 0; i < length; i += S.Lanes) S.Store(log + i, S.Log(S.Load(x + i)));
        }
    }

    private readonly struct FromBytes(byte* from, float* to) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => S.Store(to, S.LoadBytes(from));
    }

    private readonly struct Powers(float* values, float* powers, float* to) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => S.Store(to, S.TimesPowerOfTwo(S.Load(values), S.Load(powers)));
    }

    private readonly struct PartAndJoin(float* row, float* parted, float* joined) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            (V even, V odd) = S.Deinterleave(S.Load(row), S.Load(row + S.Lanes));
            S.Store(parted, even);
            S.Store(parted + S.Lanes, odd);
            (V first, V second) = S.Interleave(even, odd);
            S.Store(joined, first);
            S.Store(joined + S.Lanes, second);
        }
    }

    private readonly struct Neighbours(float* row, float* left, float* right) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            V first = S.Load(row), second = S.Load(row + S.Lanes);
            S.Store(left, S.Successors(first, second));
            S.Store(right, S.Predecessors(second, first));
        }
    }

    private readonly struct Quads(float* from, nint stride, nint second, float* joined, float* to) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            (V first, V last) = S.InterleaveQuads(S.LoadQuads(from, stride), S.LoadQuads(from + second, stride));
            S.Store(joined, first);
            S.Store(joined + S.Lanes, last);
            S.StoreQuads(to, stride, S.LoadQuads(from, stride));
        }
    }

    private readonly struct ThroughFloats(int* from, float* floats, int* to) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            V numbers = S.LoadInt32(from);
            S.Store(floats, numbers);
            S.Store((float*)to, S.ToInt32(numbers));
        }
    }
}
