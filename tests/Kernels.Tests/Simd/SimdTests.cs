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
            [SimdWidth.Vector128] = 4, [SimdWidth.Vector256] = 8, [SimdWidth.Vector512] = 16, [SimdWidth.VectorT] = Vector<float>.Count,
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
            Guarded<float> a = new(Numbers.Integers(lanes, 1)), b = new(Numbers.Integers(lanes, 2)), c = new(Numbers.Integers(lanes, 3)), r = new(9 * lanes);
            a.Span[turn] = specials[turn % specials.Length];
            Operations call = new(a.Data, b.Data, c.Data, r.Data);
            Simd.Run(ref call);
            r.AssertIntact();
            for (int i = 0; i < lanes; i++)
            {
                float x = a.Span[i], y = b.Span[i], z = c.Span[i];
                float[] expected = [0, 2.5f, x + y, x - y, x * y, (x * y) + z, x > 0 ? y : z, x < 0 ? y : z, x];
                for (int operation = 0; operation < expected.Length; operation++)
                    Assert.Equal(expected[operation], r.Span[(operation * lanes) + i]);
            }
            Assert.Equal(b.Span.ToArray().Sum(), call.Sum);
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
            ];
            for (int i = 0; i < all.Length; i++) S.Store(results + (i * S.Lanes), all[i]);
            Sum = S.Sum(y);
        }
    }
}
