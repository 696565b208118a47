using CnnEngine.Cli;

return CommandLine.Run(args);
