using System.Collections.Immutable;

namespace Payments.Domain;

/// <summary>A payment as it is stored: one charge and its refunds. Every change makes a new value with the next version.</summary>
public sealed record Payment
{
    /// <summary>The most refunds of one payment (I9).</summary>
    public const int MaxRefunds = 100;

    public required string MerchantId { get; init; }
    public required Guid Id { get; init; }
    public required Mode Mode { get; init; }

    /// <summary>1 for the intent, and one more with every change. A commit that expects another version is refused.</summary>
    public required long Version { get; init; }

    public required PaymentStatus Status { get; init; }
    public required Currency Currency { get; init; }

    /// <summary>Minor units.</summary>
    public required long Amount { get; init; }

    /// <summary>The platform's part of the amount, in minor units, fixed when the payment was made.</summary>
    public required long Fee { get; init; }

    /// <summary>Minor units that the processor took.</summary>
    public long Captured { get; init; }

    /// <summary>Minor units that went back to the customer.</summary>
    public long Refunded { get; init; }

    /// <summary>Minor units of refunds that are accepted and not decided.</summary>
    public long RefundsInFlight { get; init; }

    /// <summary>The processor.</summary>
    public required string Gateway { get; init; }

    /// <summary>The processor's token of the payment method; never a card number.</summary>
    public required string PaymentMethod { get; init; }

    /// <summary>The merchant's own reference, e.g. an order number.</summary>
    public string? Reference { get; init; }

    public string? Description { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The charge first, then the refunds in the order in which they were accepted.</summary>
    public required ImmutableArray<Operation> Operations { get; init; }

    public Operation Charge => Operations[0];

    public IEnumerable<Operation> Refunds => Operations.Skip(1);

    /// <summary>What may still be refunded: refunds in flight count as gone (I4).</summary>
    public long Refundable => checked(Captured - Refunded - RefundsInFlight);

    /// <summary>The earliest time at which an operation wants to be looked at; null when all are final.</summary>
    public DateTimeOffset? NextActionAt => Operations.Min(operation => operation.NextActionAt);

    public Operation? Find(Guid operationId) => Operations.FirstOrDefault(operation => operation.Id == operationId);

    /// <summary>The same payment with one operation replaced, or added when it is new.</summary>
    public Payment With(Operation operation)
    {
        var index = Operations.IndexOf(Operations.FirstOrDefault(known => known.Id == operation.Id)!);
        return this with { Operations = index < 0 ? Operations.Add(operation) : Operations.SetItem(index, operation) };
    }
}
