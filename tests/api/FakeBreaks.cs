using Payments.Domain;
using Payments.Storage;

namespace Payments.Tests.Api;

/// <summary>One break, whatever id is asked for, that can be given to people and ends once.</summary>
public sealed class FakeBreaks : IBreakBook
{
    public BreakRow One { get; set; } = new(
        Guid.Empty, "simulator", "amount_differs", "2026-03-01.csv", 17, "txn_17", "charge", Guid.Empty, DateTimeOffset.UnixEpoch, "EUR", -5, DateTimeOffset.UnixEpoch, null, null);

    public Task<IReadOnlyList<BreakRow>> ListAsync(
        bool? isOpen, string? gateway, string? kind, OperationCursor? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<BreakRow>>([One]);

    public Task<BreakRow?> FindAsync(Guid id, CancellationToken cancellationToken) => Task.FromResult<BreakRow?>(One with { Id = id });

    public Task<bool> AssignAsync(Guid id, string? owner, CancellationToken cancellationToken)
    {
        One = One.Ended is null ? One with { Owner = owner } : One;
        return Task.FromResult(One.Ended is null);
    }

    public Task<ResolveVerdict> ResolveAsync(Guid id, BreakResolution resolution, string reason, string by, CancellationToken cancellationToken)
    {
        var verdict = One.Ended is not null ? ResolveVerdict.AlreadyResolved
            : new Break(BreakKind.AmountDiffers, new(One.Amount, Currency.Of(One.Currency))).CanEnd(resolution) ? ResolveVerdict.Resolved
            : ResolveVerdict.CannotEndSo;
        One = verdict == ResolveVerdict.Resolved ? One with { Ended = new(resolution.Name(), reason, by, DateTimeOffset.UnixEpoch, false) } : One;
        return Task.FromResult(verdict);
    }

    public Task<IReadOnlyList<ReceivableSummary>> SummaryAsync(DateTimeOffset? from, DateTimeOffset? until, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ReceivableSummary>>([new("simulator", "EUR", 0, 100, 90, 0, 10, 85, 5, 0, 0)]);

    public Task<IReadOnlyList<Drift>> DriftAsync(int limit, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Drift>>([]);
}
