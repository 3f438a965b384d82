using Payments.Domain;

namespace Payments.Gateways;

/// <summary>What carries payouts out: a bank, or who stands for it. A connection translates; it never retries and never decides.</summary>
/// <remarks>
/// Answers as those of <see cref="IPaymentGateway"/>. <see cref="GatewayAnswerKind.Approved"/>: it was paid. <see cref="GatewayAnswerKind.Pending"/>: the bank
/// has it. <see cref="GatewayAnswerKind.Declined"/>: it was not and will not be paid. <see cref="GatewayAnswerKind.Reversed"/>: it was paid, and came back.
/// </remarks>
public interface IBankTransfers
{
    /// <summary>The name in rows and metrics: lower-case letters, digits, dashes.</summary>
    string Name { get; }

    /// <summary>What the bank promises about keys and queries.</summary>
    GatewayCapabilities Capabilities { get; }

    /// <summary>How long after it was paid a transfer is asked about, because it may come back; zero where asking tells nothing.</summary>
    TimeSpan ReturnsFor { get; }

    /// <summary>How long to wait between attempts; null: as everywhere.</summary>
    RetrySchedule? Retries => null;

    /// <summary>Pays an account.</summary>
    Task<GatewayAnswer> TransferAsync(TransferOrder order, CancellationToken cancellationToken);

    /// <summary>Asks what became of a transfer, by our reference. <see cref="GatewayAnswerKind.NotSent"/> and <see cref="GatewayAnswerKind.Unknown"/> then speak
    /// of the query itself.</summary>
    Task<GatewayAnswer> QueryAsync(string reference, CancellationToken cancellationToken);
}

/// <param name="Reference">Our payout's id, and the idempotency key: the same for every send.</param>
/// <param name="Amount">What to pay.</param>
/// <param name="Destination">An IBAN.</param>
/// <param name="Holder">Whose account that is.</param>
/// <param name="RequestedAt">When the payout was made (UTC).</param>
public sealed record TransferOrder(string Reference, Money Amount, string Destination, string Holder, DateTimeOffset RequestedAt);

/// <summary>The configured bank connections.</summary>
public interface IBankDirectory
{
    /// <summary>A connection by name.</summary>
    /// <exception cref="KeyNotFoundException">It is not configured on this node.</exception>
    IBankTransfers Get(string name);

    /// <summary>The name of the connection that new payouts of a mode go to; null when there is none.</summary>
    string? Route(Mode mode);
}
