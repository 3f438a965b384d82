using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Payments.ClientApi.Resources;
using Payments.Domain;

namespace Payments.ClientApi.Documents;

// What the document says of the bodies that the endpoints read field by field. A test holds the two against each other.

/// <summary>What makes a payment.</summary>
internal sealed record PaymentBody
{
    [Description("Minor units of the currency, in digits only: 1999 is 19.99 EUR and 1999 JPY.")]
    [Range(1, (double)Money.MaxOperation)]
    public required long Amount { get; init; }

    [Description("ISO 4217 code in capital letters.")]
    [RegularExpression("^[A-Z]{3}$")]
    public required string Currency { get; init; }

    [Description("The processor's token of the payment method. Card numbers are refused, here and in every other field.")]
    [StringLength(FieldRules.MaxPaymentMethod, MinimumLength = 1), RegularExpression("^[!-~]+$")]
    public required string PaymentMethod { get; init; }

    [Description("automatic: the money is taken at once. manual: it is held, and captured later.")]
    [OneOf("automatic", "manual")]
    public string? Capture { get; init; }

    [Description("The merchant's own reference, e.g. an order number.")]
    [StringLength(FieldRules.MaxReference, MinimumLength = 1)]
    public string? Reference { get; init; }

    [StringLength(FieldRules.MaxDescription, MinimumLength = 1)]
    public string? Description { get; init; }

    [Description("The merchant's own reference of its customer.")]
    [StringLength(FieldRules.MaxCustomer, MinimumLength = 1)]
    public string? Customer { get; init; }

    [Description("What the customer reads on its statement: printable ASCII with a letter in it, without < > \\ ' \" *.")]
    [StringLength(FieldRules.MaxStatementDescriptor, MinimumLength = FieldRules.MinStatementDescriptor)]
    public string? StatementDescriptor { get; init; }

    [Description("Where the customer is sent back to when the processor wanted something of it: an https address. Without it no customer can be asked for anything.")]
    [StringLength(FieldRules.MaxUrl, MinimumLength = 1), Url]
    public string? ReturnUrl { get; init; }

    [Description(MetadataNote)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    internal const string MetadataNote =
        "The merchant's own notes: at most 50 texts of 1 to 500 characters, named by 1 to 40 letters, digits or _ - . They are kept and shown, never interpreted.";
}

/// <summary>What makes a capture.</summary>
internal sealed record CaptureBody
{
    [Description("Minor units, in digits only; left out: all that is left.")]
    [Range(1, (double)Money.MaxOperation)]
    public long? Amount { get; init; }

    [Description("Whether what is left after it is released (left out: yes). false: more can be captured later.")]
    public bool? Final { get; init; }

    [Description(PaymentBody.MetadataNote)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>What makes a cancellation.</summary>
internal sealed record CancelBody
{
    [StringLength(FieldRules.MaxReason, MinimumLength = 1)]
    public string? Reason { get; init; }

    [Description(PaymentBody.MetadataNote)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>What makes a refund.</summary>
internal sealed record RefundBody
{
    [Description("Minor units, in digits only; left out: all that is left.")]
    [Range(1, (double)Money.MaxOperation)]
    public long? Amount { get; init; }

    [StringLength(FieldRules.MaxReason, MinimumLength = 1)]
    public string? Reason { get; init; }

    [Description(PaymentBody.MetadataNote)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>What opens an account of a merchant's own, or changes it.</summary>
internal sealed record AccountBody
{
    [Description("What a requested decrease must leave, in minor units as the account's owner reads it; null or left out: no limit.")]
    [Range(-(double)Money.MaxOperation, (double)Money.MaxOperation)]
    public long? Minimum { get; init; }
}

/// <summary>What posts an entry.</summary>
internal sealed record EntryBody
{
    [Description("Two or more lines that add up to zero in each currency. Every account must have been opened.")]
    [MinLength(JournalEntry.MinPostings), MaxLength(JournalEntry.MaxPostings)]
    public required IReadOnlyList<PostingBody> Postings { get; init; }

    [StringLength(FieldRules.MaxDescription, MinimumLength = 1)]
    public string? Description { get; init; }

    [Description(PaymentBody.MetadataNote)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>One line of an entry.</summary>
internal sealed record PostingBody
{
    [Description("An account of the merchant's own, e.g. merchant:mer_...:assets:till:EUR.")]
    [StringLength(FieldRules.MaxAccount, MinimumLength = 1)]
    public required string Account { get; init; }

    [Description("Minor units: a debit is positive, a credit negative, and 0 says nothing.")]
    [Range(-(double)Money.MaxOperation, (double)Money.MaxOperation)]
    public required long Amount { get; init; }
}

/// <summary>What takes an entry back.</summary>
internal sealed record ReversalBody
{
    [StringLength(FieldRules.MaxDescription, MinimumLength = 1)]
    public string? Description { get; init; }

    [Description(PaymentBody.MetadataNote)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>What asks for a report.</summary>
internal sealed record ReportBody
{
    [Description("What it tells. trial_balance is for operators.")]
    [OneOf(
        "balance_summary", "balance_change_from_activity.summary", "balance_change_from_activity.itemized", "payout_reconciliation.itemized", "payments", "refunds",
        "disputes", "fees", "account_statement", "unresolved_operations", "trial_balance")]
    public required string Type { get; init; }

    [Description("The first instant that it tells of: a date or an instant, in UTC; left out: the beginning.")]
    public string? From { get; init; }

    [Description("Its end, not included, which must be over; left out: now.")]
    public string? To { get; init; }

    [Description("Only amounts in this currency, by its ISO 4217 code.")]
    [RegularExpression("^[A-Z]{3}$")]
    public string? Currency { get; init; }

    [Description("The account that it is of; account_statement needs one, and no other type takes one.")]
    [StringLength(FieldRules.MaxAccount, MinimumLength = 1)]
    public string? Account { get; init; }

    [Description("Which columns, in their order; left out: all of the type. payment_metadata[key] and refund_metadata[key] are columns too.")]
    [MaxLength(Payments.Storage.ReportOrder.MaxColumns)]
    public IReadOnlyList<string>? Columns { get; init; }

    [Description("csv (left out), json (a list) or ndjson (an object a line).")]
    [OneOf("csv", "json", "ndjson")]
    public string? Format { get; init; }
}

/// <summary>What an operator decides about an operation.</summary>
internal sealed record DecisionBody
{
    [Description("done: it happened at the processor. declined: it did not, and will not.")]
    [OneOf("done", "declined")]
    public required string Outcome { get; init; }

    [Description("The evidence: who looked where, and what was there.")]
    [StringLength(FieldRules.MaxDescription, MinimumLength = 1)]
    public required string Reason { get; init; }
}

/// <summary>What gives a break to somebody.</summary>
internal sealed record BreakPatchBody
{
    [Description("Who looks into it; left out: nobody.")]
    [StringLength(FieldRules.MaxName, MinimumLength = 1)]
    public string? Owner { get; init; }
}

/// <summary>What ends a break.</summary>
internal sealed record BreakResolutionBody
{
    [Description("Where what waits in suspense goes; accepted: nothing waits.")]
    [OneOf("receivable", "fees", "write_off", "accepted")]
    public required string Resolution { get; init; }

    [Description("What was found out.")]
    [StringLength(FieldRules.MaxDescription, MinimumLength = 1)]
    public required string Reason { get; init; }
}

/// <summary>What closes a processor for new payments, or opens it again.</summary>
internal sealed record GatewayPatchBody
{
    public required bool Drained { get; init; }

    [StringLength(FieldRules.MaxReason, MinimumLength = 1)]
    public string? Reason { get; init; }
}

/// <summary>What makes a payout.</summary>
internal sealed record PayoutBody
{
    [Description("Minor units, in digits only: at most what is available.")]
    [Range(1, (double)Money.MaxOperation)]
    public required long Amount { get; init; }

    [Description("ISO 4217 code in capital letters.")]
    [RegularExpression("^[A-Z]{3}$")]
    public required string Currency { get; init; }

    [StringLength(FieldRules.MaxDescription, MinimumLength = 1)]
    public string? Description { get; init; }
}

/// <summary>What says how payouts are made.</summary>
internal sealed record PayoutSettingsBody
{
    [Description("weekly: on Mondays; monthly: on the first; by UTC. manual: the merchant asks.")]
    [OneOf("manual", "daily", "weekly", "monthly")]
    public required string Schedule { get; init; }

    [Description("What the schedule pays out at least, in minor units; left out: 1.")]
    [Range(1, (double)Money.MaxOperation)]
    public long? Minimum { get; init; }

    [Description("How many days old a charge or capture must be before it is paid out; left out: 2.")]
    [Range(0, 365)]
    public long? DelayDays { get; init; }

    [Description("What always stays, in minor units; left out: 0.")]
    [Range(0, (double)Money.MaxOperation)]
    public long? Reserve { get; init; }

    [Description("An IBAN in capital letters and digits without spaces; its check digits must be right.")]
    [StringLength(34, MinimumLength = 15)]
    public required string Destination { get; init; }

    [Description("Whose account that is.")]
    [StringLength(FieldRules.MaxHolder, MinimumLength = 1)]
    public required string Holder { get; init; }
}

/// <summary>What the bank's statement says of a payout.</summary>
internal sealed record PayoutOutcomeBody
{
    [Description("paid: the bank paid. failed: it did not and will not. returned: it came back after it was paid.")]
    [OneOf("paid", "failed", "returned")]
    public required string Outcome { get; init; }

    [Description("The evidence: which statement, which line.")]
    [StringLength(FieldRules.MaxDescription, MinimumLength = 1)]
    public required string Reason { get; init; }
}

/// <summary>What makes a merchant.</summary>
internal sealed record MerchantBody
{
    [StringLength(FieldRules.MaxName, MinimumLength = 1)]
    public required string Name { get; init; }

    [Description("test (left out): its payments never reach a real processor. It can never be changed.")]
    [OneOf("test", "live")]
    public string? Mode { get; init; }

    [Description("The fee's part of what is captured, in hundredths of a percent; left out: 0.")]
    [Range(0, FeeTerms.MaxBasisPoints)]
    public int? FeeBasisPoints { get; init; }

    [Description("The fee's fixed part, in minor units of the payment's currency; left out: 0.")]
    [Range(0, (double)Money.MaxOperation)]
    public long? FeeFixed { get; init; }

    [Description("Whether a refund gives its share of the fee back to the merchant (left out: no).")]
    public bool? FeeReturnedOnRefund { get; init; }
}

/// <summary>What changes a merchant; what is left out stays.</summary>
internal sealed record MerchantPatchBody
{
    [StringLength(FieldRules.MaxName, MinimumLength = 1)]
    public string? Name { get; init; }

    [Range(0, FeeTerms.MaxBasisPoints)]
    public int? FeeBasisPoints { get; init; }

    [Range(0, (double)Money.MaxOperation)]
    public long? FeeFixed { get; init; }

    public bool? FeeReturnedOnRefund { get; init; }
}

/// <summary>What makes an API key.</summary>
internal sealed record KeyBody
{
    [Description("Whose key it is.")]
    public required string Merchant { get; init; }

    [Description("What the key is called, to tell it from others.")]
    [StringLength(FieldRules.MaxName, MinimumLength = 1)]
    public string? Name { get; init; }

    [Description("What it may do: one or more of read, write and ledger, each once.")]
    public required IReadOnlyList<string> Scopes { get; init; }
}

/// <summary>What puts a key in the place of another.</summary>
internal sealed record RotateBody
{
    [Description("How long the old key still works; left out: a day. 0: not at all.")]
    [Range(0, 31_622_400)]
    public long? GraceSeconds { get; init; }
}
