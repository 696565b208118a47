namespace LeNet;

/// <summary>The function between the layers.</summary>
internal enum Activation
{
    Relu,
    Sigmoid,
    Tanh,
}

/// <summary>How each 2×2 window becomes one number.</summary>
internal enum Pooling
{
    Max,
    Mean,
}

/// <summary>Which LeNet-5.</summary>
internal enum ModelName
{
    LeNet5,
    LeNet5_1998,
}

/// <summary>Which network, and how it is trained.</summary>
internal enum RecipeName
{
    Default,
    Fast,
}

/// <summary>What was asked for on the command line, every value checked on its own.</summary>
internal sealed record Options
{
    public string? Data { get; init; }

    public bool Download { get; init; }

    public RecipeName RecipeName { get; init; }

    public ModelName? GivenModel { get; init; }

    public int? GivenEpochs { get; init; }

    public int? GivenBatch { get; init; }

    public float? GivenRate { get; init; }

    public long Seed { get; init; }

    public int Threads { get; init; }

    public Activation? GivenActivation { get; init; }

    public Pooling? GivenPooling { get; init; }

    public string? Metrics { get; init; }

    public string? Save { get; init; }

    public string? Load { get; init; }

    public bool Profile { get; init; }

    public bool Summary { get; init; }

    public bool Quiet { get; init; }

    /// <summary>What the options go on from.</summary>
    public Recipe Recipe => RecipeName == RecipeName.Fast
        ? FastRecipe.Recipe
        : GivenModel == ModelName.LeNet5_1998 ? LeNet5.Recipe1998
        : LeNet5.Recipe(GivenActivation ?? Activation.Relu, GivenPooling ?? Pooling.Max);

    public int Epochs => GivenEpochs ?? Recipe.Epochs;

    public int Batch => GivenBatch ?? Recipe.Batch;

    /// <summary>The highest learning rate of the cycle.</summary>
    public float Rate => GivenRate ?? Recipe.Rate;

    /// <summary>What is wrong with the values taken together, or with what they are up against; null if nothing is.</summary>
    public string? Conflict()
    {
        // What has a network of its own, and what would make another of it.
        string? own = RecipeName == RecipeName.Fast ? "--recipe fast" : GivenModel == ModelName.LeNet5_1998 ? "--model lenet5-1998" : null;
        if (RecipeName == RecipeName.Fast && GivenModel is { } model) return NotWith(own!, "--model", OptionKinds.Word(model));
        if (own is not null && GivenActivation is { } activation) return NotWith(own, "--activation", OptionKinds.Word(activation));
        if (own is not null && GivenPooling is { } pooling) return NotWith(own, "--pooling", OptionKinds.Word(pooling));
        if (Download && Data is not null)
            return $"--data is '{Data}', but --download fetches into the cache folder; leave one of them out";
        return TrainingOptions.Conflict(Epochs, Metrics, Save, Load);
    }

    private static string NotWith(string own, string option, string value) =>
        $"{option} is '{value}', but {own} has a network of its own; leave one of them out";
}
