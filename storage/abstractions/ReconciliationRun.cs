using Payments.Domain;

namespace Payments.Storage;

/// <summary>Reconciles a processor's files: match, post, look for what is missing, end what is explained.</summary>
/// <param name="commit">Brings a commit to the ledger.</param>
public sealed class ReconciliationRun(IReconciliation books, Func<Commit, Task<CommitResult>> commit, TimeProvider time)
{
    private const int Page = 100;

    /// <summary>Does all that there is to do now.</summary>
    /// <param name="told">Hears of each page of lines.</param>
    /// <exception cref="ReconciliationHaltedException">The ledger cannot take an entry now: what was done stays, and the rest is done by the next run.</exception>
    public async Task RunAsync(string gateway, Action<MatchProgress>? told, CancellationToken cancellationToken)
    {
        while (await books.MatchAsync(gateway, cancellationToken) is { } progress)
        {
            told?.Invoke(progress);
        }

        while (await books.DueSettlementAsync(gateway, cancellationToken) is { } due)
        {
            await PostAsync(due.Entries);
            await books.FinishAsync(due, cancellationToken);
        }

        await books.RejudgeAsync(gateway, cancellationToken);
        while (await books.DueResolutionsAsync(gateway, Page, cancellationToken) is { Count: > 0 } resolutions)
        {
            foreach (var resolution in resolutions)
            {
                await PostAsync(resolution.Entries);
                await books.ResolvedAsync(resolution.BreakId, cancellationToken);
            }
        }
    }

    private async Task PostAsync(IReadOnlyList<JournalEntry> entries)
    {
        foreach (var entry in entries)
        {
            var result = await commit(new()
            {
                At = time.Now(),
                Payment = null,
                Operation = null,
                Action = entry.Kind.Name(),
                Events = [],
                Entry = entry.ToRow(),
            });
            // The entry's id says what it is: one that is there already is this very one, of an earlier run.
            if (result.Verdict is not (CommitVerdict.Committed or CommitVerdict.DuplicateEntry))
            {
                throw new ReconciliationHaltedException($"The ledger answers {result.Verdict} {result.Detail} to entry {entry.Id}.");
            }
        }
    }
}

/// <summary>The ledger could not take an entry.</summary>
public sealed class ReconciliationHaltedException(string message) : Exception(message);
