namespace Payments.Simulation;

/// <summary>A run that broke a promise.</summary>
internal sealed record Failure(Form Form, int Steps, Violation Violation);

/// <summary>What many seeds brought.</summary>
/// <param name="Seeds">How many were run: all, unless one failed.</param>
/// <param name="First">The failing run with the lowest seed, if any.</param>
internal sealed record SeedReport(long Seeds, long Steps, Counters Counters, Failure? First);

/// <summary>Runs seed after seed, on as many threads as there are processors. Each run is on one thread, and shares nothing with others.</summary>
internal static class SeedRun
{
    /// <summary>The first failing seed in words; null when none fails. For callers that know nothing of this assembly's types.</summary>
    public static string? FirstFailure(long from, long count) => Run(from, count).First is { } failure
        ? $"seed {failure.Form.Seed} breaks {failure.Violation.Promise} at step {failure.Steps:N0}: {failure.Violation.What.Split('\n')[0]}"
        : null;

    /// <summary>Runs the seeds until one fails.</summary>
    /// <param name="progress">Is told now and then how many are done; on any thread.</param>
    public static SeedReport Run(long from, long count, Action<long>? progress = null)
    {
        var gate = new Lock();
        var total = new Counters();
        var (next, stop, steps, seeds) = (from - 1, from + count, 0L, 0L);
        Failure? first = null;
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Work)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return new(seeds, steps, total, first);

        void Work()
        {
            var (mine, taken, ran) = (new Counters(), 0L, 0L);
            // A failing seed ends the run, but the seeds below it are still run: the lowest one is reported, on any machine.
            while (Interlocked.Increment(ref next) is var seed && seed < Interlocked.Read(ref stop))
            {
                var result = SimulatedRun.Of(new Form(seed));
                mine.Add(result.Counters);
                (taken, ran) = (taken + result.Steps, ran + 1);
                if (result.Violation is { } violation)
                {
                    lock (gate)
                    {
                        if (first is null || seed < first.Form.Seed)
                        {
                            first = new(result.Form, result.Steps, violation);
                            Interlocked.Exchange(ref stop, seed);
                        }
                    }
                }

                if ((seed & 63) == 0)
                {
                    progress?.Invoke(seed - from);
                }
            }

            lock (gate)
            {
                total.Add(mine);
                (steps, seeds) = (steps + taken, seeds + ran);
            }
        }
    }
}
