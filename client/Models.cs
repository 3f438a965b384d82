namespace Payments.Client;

/// <summary>An error of the API (RFC 9457).</summary>
public sealed record Problem(
    string Type, string Title, int Status, string Detail, string Code, string Outcome, bool SafeToRetry, string? Field = null, string? PaymentStatus = null,
    string? TraceId = null);

/// <summary>What a payment needs. Amounts in minor units of the currency.</summary>
/// <param name="Currency">ISO 4217 code in capital letters.</param>
/// <param name="PaymentMethod">The processor's token; never a card number.</param>
/// <param name="Capture"><c>automatic</c> (null), or <c>manual</c> to hold now and capture later.</param>
/// <param name="ReturnUrl">Where the customer goes when its bank had something to ask.</param>
public sealed record NewPayment(
    long Amount, string Currency, string PaymentMethod, string? Capture = null, string? Reference = null, string? Description = null, string? Customer = null,
    string? StatementDescriptor = null, IReadOnlyDictionary<string, string>? Metadata = null, string? ReturnUrl = null);

/// <summary>What a capture needs: an amount in minor units, or all that is left; and whether what is left after it is let go (null: yes).</summary>
public sealed record NewCapture(long? Amount = null, bool? Final = null, IReadOnlyDictionary<string, string>? Metadata = null);

/// <summary>What a cancellation may say.</summary>
public sealed record NewCancellation(string? Reason = null, IReadOnlyDictionary<string, string>? Metadata = null);

/// <summary>What a refund needs: an amount in minor units, or all that is left.</summary>
public sealed record NewRefund(long? Amount = null, string? Reason = null, IReadOnlyDictionary<string, string>? Metadata = null);

/// <summary>What an entry between a merchant's own accounts needs.</summary>
public sealed record NewEntry(IReadOnlyList<Posting> Postings, string? Description = null, IReadOnlyDictionary<string, string>? Metadata = null);

/// <summary>What a reversal may say.</summary>
public sealed record NewReversal(string? Description = null, IReadOnlyDictionary<string, string>? Metadata = null);

/// <summary>A payment. Amounts in minor units, times UTC.</summary>
/// <param name="Status"><c>processing</c>, <c>requires_action</c>, <c>authorized</c>, <c>succeeded</c>, <c>declined</c>, <c>failed</c> or <c>canceled</c>.</param>
/// <param name="Outcome">What is known of the money: <c>not_sent</c>, <c>unknown</c>, <c>declined</c> or <c>done</c>.</param>
/// <param name="RefundsReversed">What of it came back after it had been refunded.</param>
/// <param name="Disputed">What is in dispute or was lost by one.</param>
/// <param name="ActionUrl">Where to send the customer while it is <c>requires_action</c>.</param>
public sealed record Payment(
    string Id, string Mode, string Status, string Outcome, long Amount, string Currency, string Capture, long Fee, long Captured, long CapturesInFlight,
    long Capturable, long Refunded, long RefundsInFlight, long RefundsReversed, long Disputed, long Refundable, string PaymentMethod, string Gateway, string? Reference, string? Description, string? Customer,
    string? StatementDescriptor, IReadOnlyDictionary<string, string> Metadata, string? DeclineCode, string? ActionUrl, string? ReturnUrl,
    DateTimeOffset? AuthorizedUntil, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? NextActionAt)
{
    /// <summary>Whether it is still with the processor, or with the customer.</summary>
    public bool IsProcessing => Status is "processing" or "requires_action";
}

/// <summary>A capture, cancellation or refund of a payment.</summary>
/// <param name="Object">Which of them.</param>
/// <param name="Status"><c>pending</c>, <c>succeeded</c> or <c>failed</c>.</param>
/// <param name="Final">Of a capture: whether what was left was let go.</param>
public sealed record Operation(
    string Id, string Object, string Payment, string PaymentStatus, string Status, string Outcome, long Amount, string Currency, long Fee, bool? Final, string? Reason,
    string? FailureCode, IReadOnlyDictionary<string, string> Metadata, DateTimeOffset CreatedAt);

/// <summary>A customer's dispute of a payment.</summary>
/// <param name="Status"><c>open</c>, <c>won</c> or <c>lost</c>.</param>
/// <param name="Fee">What the processor takes for it besides, in minor units.</param>
public sealed record Dispute(
    string Id, string Payment, string Status, long Amount, string Currency, long Fee, string? Reason, string? ProcessorReference, DateTimeOffset OpenedAt,
    DateTimeOffset? ClosedAt);

/// <summary>Something that happened to a payment, with a line on what it means.</summary>
public sealed record TimelineItem(
    DateTimeOffset At, string Kind, string Name, string Meaning, long? Version, string? Operation, string? Subject, int? Attempt, string? AttemptKind, string? Answer,
    string? Code, string? Status, string? Entry, IReadOnlyList<Posting> Postings);

/// <summary>Which payments are wanted; null: whichever.</summary>
/// <param name="CreatedFrom">Included.</param>
/// <param name="CreatedTo">Not included.</param>
public sealed record PaymentFilter(
    string? Status = null, DateTimeOffset? CreatedFrom = null, DateTimeOffset? CreatedTo = null, string? Reference = null, long? Amount = null, string? Customer = null);

/// <summary>One line of a journal entry, in minor units: a debit is positive, a credit negative.</summary>
public sealed record Posting(string Account, long Amount);

/// <summary>A journal entry.</summary>
public sealed record LedgerEntry(
    string Id, string Kind, string? Payment, IReadOnlyList<Posting> Postings, string? Description, IReadOnlyDictionary<string, string> Metadata, string? Reverses,
    string? ReversedBy, DateTimeOffset PostedAt);

/// <summary>An account, read as its owner reads it: the balance is positive on the side that it grows on.</summary>
public sealed record LedgerAccount(string Id, string Currency, string GrowsBy, long Balance, long? Minimum, long Postings);

/// <summary>A line of a statement.</summary>
public sealed record StatementLine(long Number, string Entry, string Kind, long Amount, long Balance, string? Payment, DateTimeOffset PostedAt);

/// <summary>What a report shall tell.</summary>
/// <param name="Type">E.g. <c>balance_summary</c>, <c>balance_change_from_activity.itemized</c>, <c>payments</c>.</param>
/// <param name="From">Included; null: from the beginning.</param>
/// <param name="To">Not included, and over; null: until now.</param>
/// <param name="Account">The account that it is of; <c>account_statement</c> needs one.</param>
/// <param name="Columns">In the order that is wanted; null: all of the type.</param>
/// <param name="Format"><c>csv</c> (null; amounts in major units), <c>json</c> or <c>ndjson</c> (minor units).</param>
public sealed record NewReport(
    string Type, DateTimeOffset? From = null, DateTimeOffset? To = null, string? Currency = null, string? Account = null, IReadOnlyList<string>? Columns = null,
    string? Format = null);

/// <summary>A report.</summary>
/// <param name="Status"><c>pending</c>, <c>running</c>, <c>succeeded</c>, <c>failed</c>, <c>canceled</c> or <c>deleted</c>.</param>
/// <param name="Progress">In percent.</param>
/// <param name="AsOf">The last instant that it tells of.</param>
public sealed record Report(
    string Id, string Type, string Status, int Progress, DateTimeOffset? From, DateTimeOffset? To, DateTimeOffset AsOf, string? Currency, string? Account,
    IReadOnlyList<string> Columns, string Format, string? FailureCode, ReportFile? File, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt)
{
    /// <summary>Whether it is still being written.</summary>
    public bool IsOpen => Status is "pending" or "running";
}

/// <summary>The file of a report.</summary>
/// <param name="Sha256">In hex digits.</param>
public sealed record ReportFile(long Rows, long Bytes, string Sha256, DateTimeOffset KeptUntil);

/// <summary>What a merchant has.</summary>
public sealed record Balance(IReadOnlyList<CurrencyBalance> Balances);

/// <summary>What a merchant has in one currency, in minor units.</summary>
public sealed record CurrencyBalance(string Currency, long Available, long RefundsInTransit, long PayoutsInTransit, long InDispute);

/// <summary>What makes a payout.</summary>
/// <param name="Amount">Minor units: at most what is available.</param>
public sealed record NewPayout(long Amount, string Currency, string? Description = null);

/// <summary>A payout.</summary>
/// <param name="Status"><c>pending</c>, <c>sent</c>, <c>paid</c>, <c>failed</c> or <c>returned</c>.</param>
/// <param name="Outcome"><c>not_sent</c>, <c>unknown</c>, <c>declined</c> or <c>done</c>.</param>
/// <param name="Destination">The account that it goes to, its middle left out.</param>
/// <param name="ScheduledFor">The day of the schedule that made it; null when it was asked for.</param>
public sealed record Payout(
    string Id, string Status, string Outcome, long Amount, string Currency, string Destination, string Holder, string? Description, DateOnly? ScheduledFor,
    string? FailureCode, string? BankReference, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? PaidAt);

/// <summary>What could be paid out now, by currency.</summary>
public sealed record PayableBalance(IReadOnlyList<PayableCurrency> Balances);

/// <summary>One currency of it, in minor units: available is the balance less held (too young) and reserve.</summary>
public sealed record PayableCurrency(string Currency, long Available, long Balance, long Held, long Reserve, string Schedule);

internal sealed record Page<T>(IReadOnlyList<T> Data, string? NextCursor);

internal sealed record NewLimit(long? Minimum);
