namespace Payments.Storage;

/// <summary>What is due and was not looked at yet.</summary>
/// <param name="Subject"><c>payment</c> or <c>payout</c>.</param>
/// <param name="Age">How long the oldest of them has been due.</param>
public sealed record Backlog(string Subject, long Count, TimeSpan Age);

/// <summary>The sum of all balances in a currency, in minor units. Anything but nothing is a breach of I2.</summary>
public sealed record LedgerSum(string Currency, Int128 Amount);

/// <summary>How the system as a whole is, of one instant.</summary>
/// <param name="InboxLag">How long the oldest evidence that is not understood yet has been waiting.</param>
public sealed record Vitals(IReadOnlyList<Backlog> Backlog, TimeSpan InboxLag, IReadOnlyList<LedgerSum> Ledger);

/// <summary>Looks at the system as a whole, for whoever watches it.</summary>
public interface IVitals
{
    /// <summary>A glance; <paramref name="now"/> is UTC.</summary>
    Task<Vitals> LookAsync(DateTimeOffset now, CancellationToken cancellationToken);
}
