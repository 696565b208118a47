using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels.Tests;

/// <summary>Working memory begins as NaN in all tests: otherwise it holds what the test before left there, mostly finite numbers.</summary>
internal static class PoisonedScratch
{
    [ModuleInitializer]
    internal static void Poison() => Scratch.IsPoisoned = true;
}
