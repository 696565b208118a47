using System.Runtime.Intrinsics;

namespace CnnEngine.Tests.Training;

/// <summary>Without any vector instructions (DOTNET_EnableHWIntrinsic=0) a step takes a hundred times as long: there are fewer of them.</summary>
internal static class Pace
{
    public static bool IsSlow => !Vector128.IsHardwareAccelerated;
}
