// Vector width and number of threads belong to the whole process: tests that set them must not run beside others.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
