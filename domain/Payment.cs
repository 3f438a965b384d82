using System.Collections.Immutable;

namespace Payments.Domain;

/// <summary>A payment as it is stored: one charge, or one authorization with its captures and voids, and refunds. Every change makes a new value with the next version.</summary>
public sealed record Payment
{
    /// <summary>The most refunds of one payment (I9).</summary>
    public const int MaxRefunds = 100;

    /// <summary>The most captures of one payment (I9).</summary>
    public const int MaxCaptures = 100;

    /// <summary>The most voids of one payment (I9): one is enough, but a processor may refuse some.</summary>
    public const int MaxVoids = 20;

    /// <summary>The most notices of one payment (I9): a processor that tells of more is not understood, and an operator looks at it.</summary>
    public const int MaxNotices = 100;

    public required string MerchantId { get; init; }
    public required Guid Id { get; init; }
    public required Mode Mode { get; init; }

    /// <summary>1 for the intent, and one more with every change. A commit that expects another version is refused.</summary>
    public required long Version { get; init; }

    public required PaymentStatus Status { get; init; }
    public required Currency Currency { get; init; }

    /// <summary>Minor units.</summary>
    public required long Amount { get; init; }

    public required CaptureMode Capture { get; init; }

    /// <summary>What the platform takes; fixed when the payment was made, whatever the merchant's terms are since.</summary>
    public required FeeTerms FeeTerms { get; init; }

    /// <summary>Minor units that the platform kept so far: <see cref="FeeTerms.Kept"/> of what was captured and refunded.</summary>
    public long Fee { get; init; }

    /// <summary>Minor units that the processor took.</summary>
    public long Captured { get; init; }

    /// <summary>Minor units of captures that are accepted and not decided.</summary>
    public long CapturesInFlight { get; init; }

    /// <summary>Minor units that went back to the customer.</summary>
    public long Refunded { get; init; }

    /// <summary>Minor units of refunds that are accepted and not decided.</summary>
    public long RefundsInFlight { get; init; }

    /// <summary>Minor units of refunds that came back after they had been made. <see cref="Refunded"/> never falls: these are taken off it.</summary>
    public long RefundsReversed { get; init; }

    /// <summary>Minor units in dispute: open ones, and those that were lost.</summary>
    public long Disputed { get; init; }

    /// <summary>When the processor lets go of the authorization, in its own words (UTC); null when it does not say, or it is over.</summary>
    public DateTimeOffset? AuthorizedUntil { get; init; }

    /// <summary>The processor. It changes only while nothing of the payment can have happened there.</summary>
    public required string Gateway { get; init; }

    /// <summary>The processors that may be tried, in order, as the rules had it when the payment was made; <see cref="Gateway"/> is one of them.</summary>
    public ImmutableArray<string> Routes { get; init; } = [];

    /// <summary>Where the processor sends the customer when it is done with it; null: it is asked for nothing.</summary>
    public string? ReturnUrl { get; init; }

    /// <summary>Where the customer does what the processor wants of it; null when it wants nothing.</summary>
    public string? ActionUrl { get; init; }

    /// <summary>The processor's token of the payment method; never a card number.</summary>
    public required string PaymentMethod { get; init; }

    /// <summary>The merchant's own reference, e.g. an order number.</summary>
    public string? Reference { get; init; }

    public string? Description { get; init; }

    /// <summary>The merchant's own reference of its customer.</summary>
    public string? Customer { get; init; }

    /// <summary>What the customer reads on its statement.</summary>
    public string? StatementDescriptor { get; init; }

    public ImmutableSortedDictionary<string, string> Metadata { get; init; } = Domain.Metadata.Empty;

    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The charge or authorization first, then the others in the order in which they were accepted.</summary>
    public required ImmutableArray<Operation> Operations { get; init; }

    /// <summary>What the payment begins with: its charge, or its authorization.</summary>
    public Operation Charge => Operations[0];

    /// <summary>What may still be captured: captures in flight count as taken (I4).</summary>
    public long Capturable => Status == PaymentStatus.Authorized ? checked(Amount - Captured - CapturesInFlight) : 0;

    /// <summary>What really went back to the customer, in minor units.</summary>
    public long NetRefunded => checked(Refunded - RefundsReversed);

    /// <summary>What may still be refunded: refunds in flight and what is in dispute count as gone (I4).</summary>
    public long Refundable => Math.Max(0, checked(Captured - NetRefunded - RefundsInFlight - Disputed));

    /// <summary>The processor that comes after this one; null when there is none.</summary>
    public string? NextRoute => Routes.IndexOf(Gateway) is >= 0 and var at && at + 1 < Routes.Length ? Routes[at + 1] : null;

    /// <summary>The earliest time at which the payment wants to be looked at; null when nothing is open. An authorization that nothing else
    /// happens to is looked at when the processor lets go of it.</summary>
    public DateTimeOffset? NextActionAt => Operations.Min(operation => operation.NextActionAt) ?? (Status == PaymentStatus.Authorized ? AuthorizedUntil : null);

    /// <summary>Whether an operation of such a kind is not decided.</summary>
    public bool HasOpen(Func<Operation, bool> kind) => Operations.Any(operation => !operation.IsFinal && kind(operation));

    public Operation? Find(Guid operationId) => Operations.FirstOrDefault(operation => operation.Id == operationId);

    /// <summary>The same payment with one operation replaced, or added when it is new.</summary>
    public Payment With(Operation operation)
    {
        var index = Operations.IndexOf(Operations.FirstOrDefault(known => known.Id == operation.Id)!);
        return this with { Operations = index < 0 ? Operations.Add(operation) : Operations.SetItem(index, operation) };
    }
}
