using System.CommandLine;
using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Runs;

namespace CnnEngine.Cli.Training;

/// <summary>The option <c>--download</c> of commands that take data by name.</summary>
internal static class MnistDownload
{
    public static Option<bool> NewOption() => OptionKinds.Switch("--download", "Fetch mnist into the cache folder if it is not there. The network is used only with this option.");

    /// <summary>Fetches what the cache folder lacks, unless the environment names another one.</summary>
    /// <exception cref="ConfigurationException">The data is another.</exception>
    /// <exception cref="IOException">The download failed.</exception>
    public static void Run(JsonObject data, Session session)
    {
        if ((string?)data["kind"] != "mnist" || data["path"] is not null) throw new ConfigurationException("--download fetches mnist into the cache folder; --data must be mnist");
        if (Environment.GetEnvironmentVariable(DataLocator.Variable) is { Length: > 0 }) return;
        DownloadReport.RunAsync(session.Console, session.IsTalkative, async progress =>
        {
            await new MnistDownloader().DownloadAsync(new DataLocator().CacheDirectory, progress, session.Cancellation);
            return true;
        }).GetAwaiter().GetResult();
    }
}
