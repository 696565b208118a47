using CnnEngine.Cli;

return await CommandLine.RunAsync(args);
