namespace CnnEngine.Data;

/// <summary>How far the download of one file has come.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Mirror">Where it comes from.</param>
/// <param name="Received">Bytes received so far; it starts again at 0 when another try is made.</param>
/// <param name="Total">Bytes to receive in all, or null where the mirror does not say.</param>
public readonly record struct DownloadProgress(string File, Uri Mirror, long Received, long? Total);
