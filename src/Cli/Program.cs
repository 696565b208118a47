using System.CommandLine;

RootCommand root = new("Trains, resumes, inspects, diagnoses and exports convolutional networks on the CPU.");
return root.Parse(args).Invoke();
