namespace CnnEngine.Runs;

/// <summary>A configuration that cannot be: the message names the file or the option, the key, its value, and what would be right.</summary>
/// <param name="message">One line.</param>
/// <param name="inner">What led to it, if anything did.</param>
public sealed class ConfigurationException(string message, Exception? inner = null) : Exception(message, inner);
