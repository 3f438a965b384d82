using System.Collections.Immutable;
using Orleans;
using Payments.Domain;

namespace Payments.Grains;

/// <summary>What a charge needs. The payment's id was derived from the idempotency key and is the grain's key.</summary>
[GenerateSerializer, Immutable, Alias("payments.ChargeRequest")]
public sealed record ChargeRequest
{
    /// <summary>Minor units.</summary>
    [Id(0)] public required long Amount { get; init; }

    /// <summary>ISO 4217 code.</summary>
    [Id(1)] public required string Currency { get; init; }

    /// <summary>The processor's token; never a card number.</summary>
    [Id(2)] public required string PaymentMethod { get; init; }

    [Id(3)] public string? Reference { get; init; }
    [Id(4)] public string? Description { get; init; }

    /// <summary><c>automatic</c>, or <c>manual</c> for an authorization that is captured later.</summary>
    [Id(5)] public string Capture { get; init; } = CaptureMode.Automatic.Name();

    /// <summary>The merchant's own reference of its customer.</summary>
    [Id(6)] public string? Customer { get; init; }

    /// <summary>What the customer reads on its statement.</summary>
    [Id(7)] public string? StatementDescriptor { get; init; }

    [Id(8)] public ImmutableSortedDictionary<string, string> Metadata { get; init; } = Domain.Metadata.Empty;

    /// <summary>Where the processor sends the customer when it wanted something of it.</summary>
    [Id(9)] public string? ReturnUrl { get; init; }

    public override string ToString() => nameof(ChargeRequest);
}

/// <summary>What a capture needs.</summary>
[GenerateSerializer, Immutable, Alias("payments.CaptureRequest")]
public sealed record CaptureRequest
{
    /// <summary>Derived from the idempotency key, see <see cref="Ids.Capture"/>.</summary>
    [Id(0)] public required Guid CaptureId { get; init; }

    /// <summary>Minor units; null for all that is left.</summary>
    [Id(1)] public long? Amount { get; init; }

    /// <summary>Whether what is left after it is released.</summary>
    [Id(2)] public bool IsFinal { get; init; } = true;

    [Id(3)] public ImmutableSortedDictionary<string, string> Metadata { get; init; } = Domain.Metadata.Empty;

    public override string ToString() => nameof(CaptureRequest);
}

/// <summary>What a cancellation needs.</summary>
[GenerateSerializer, Immutable, Alias("payments.CancelRequest")]
public sealed record CancelRequest
{
    /// <summary>Derived from the idempotency key, see <see cref="Ids.Cancellation"/>.</summary>
    [Id(0)] public required Guid CancellationId { get; init; }

    [Id(1)] public string? Reason { get; init; }

    [Id(2)] public ImmutableSortedDictionary<string, string> Metadata { get; init; } = Domain.Metadata.Empty;

    public override string ToString() => nameof(CancelRequest);
}

/// <summary>What a refund needs.</summary>
[GenerateSerializer, Immutable, Alias("payments.RefundRequest")]
public sealed record RefundRequest
{
    /// <summary>Derived from the idempotency key, see <see cref="Ids.Refund"/>.</summary>
    [Id(0)] public required Guid RefundId { get; init; }

    /// <summary>Minor units; null for all that is left.</summary>
    [Id(1)] public long? Amount { get; init; }

    [Id(2)] public string? Reason { get; init; }

    [Id(3)] public ImmutableSortedDictionary<string, string> Metadata { get; init; } = Domain.Metadata.Empty;

    public override string ToString() => nameof(RefundRequest);
}

/// <summary>What became of a request to a payment.</summary>
[GenerateSerializer, Alias("payments.ReplyKind")]
public enum ReplyKind
{
    /// <summary>Accepted now.</summary>
    Accepted,

    /// <summary>The same key and content came before; this is the resource as it now is.</summary>
    Replayed,

    /// <summary>Refused by a rule; see <see cref="PaymentReply.Code"/>. Nothing was stored.</summary>
    Refused,

    /// <summary>Too much is waiting; nothing was stored or sent. Retry later with the same key.</summary>
    Busy,

    /// <summary>Not known whether it was stored. Retry with the same key: it will be found or made, never twice.</summary>
    Unknown,
}

/// <summary>The answer to every request to a payment.</summary>
[GenerateSerializer, Immutable, Alias("payments.PaymentReply")]
public sealed record PaymentReply
{
    [Id(0)] public required ReplyKind Kind { get; init; }

    /// <summary>Why it was refused, e.g. <c>refund_exceeds_payment</c>.</summary>
    [Id(1)] public string? Code { get; init; }

    /// <summary>The payment as it now is; null when there is none, or nothing is known.</summary>
    [Id(2)] public PaymentView? Payment { get; init; }

    /// <summary>The operation that was asked for.</summary>
    [Id(3)] public OperationView? Operation { get; init; }

    /// <summary>The field that is wrong, when that is why.</summary>
    [Id(4)] public string? Field { get; init; }

    /// <summary>The rule that it breaks.</summary>
    [Id(5)] public string? Rule { get; init; }

    public override string ToString() => nameof(PaymentReply);
}

/// <summary>A payment as callers see it. Amounts in minor units, times UTC.</summary>
[GenerateSerializer, Immutable, Alias("payments.PaymentView")]
public sealed record PaymentView
{
    [Id(0)] public required Guid Id { get; init; }
    [Id(1)] public required string MerchantId { get; init; }
    [Id(2)] public required string Mode { get; init; }
    [Id(3)] public required string Status { get; init; }
    [Id(4)] public required string Outcome { get; init; }
    [Id(5)] public required string Currency { get; init; }
    [Id(6)] public required long Amount { get; init; }
    [Id(7)] public required long Fee { get; init; }
    [Id(8)] public required long Captured { get; init; }
    [Id(9)] public required long Refunded { get; init; }
    [Id(10)] public required long RefundsInFlight { get; init; }
    [Id(11)] public required string Gateway { get; init; }
    [Id(12)] public required string PaymentMethod { get; init; }
    [Id(13)] public required string? Reference { get; init; }
    [Id(14)] public required string? Description { get; init; }
    [Id(15)] public required string? Code { get; init; }
    [Id(16)] public required long Version { get; init; }
    [Id(17)] public required DateTimeOffset CreatedAt { get; init; }
    [Id(18)] public required DateTimeOffset UpdatedAt { get; init; }
    [Id(19)] public required DateTimeOffset? NextActionAt { get; init; }
    [Id(20)] public required string Capture { get; init; }

    /// <summary>What may still be captured, in minor units.</summary>
    [Id(21)] public required long Capturable { get; init; }

    [Id(22)] public required long CapturesInFlight { get; init; }

    /// <summary>When the processor lets go of the authorization; null when it does not say, or there is none.</summary>
    [Id(23)] public required DateTimeOffset? AuthorizedUntil { get; init; }

    [Id(24)] public required string? Customer { get; init; }
    [Id(25)] public required string? StatementDescriptor { get; init; }
    [Id(26)] public required ImmutableSortedDictionary<string, string> Metadata { get; init; }
    [Id(27)] public required string? ReturnUrl { get; init; }

    /// <summary>Where the customer does what the processor wants of it; null when it wants nothing.</summary>
    [Id(28)] public required string? ActionUrl { get; init; }

    /// <summary>What of <see cref="Refunded"/> came back, in minor units.</summary>
    [Id(29)] public required long RefundsReversed { get; init; }

    /// <summary>What is in dispute or was lost by one, in minor units.</summary>
    [Id(30)] public required long Disputed { get; init; }

    /// <summary>What may still be refunded, in minor units.</summary>
    [Id(31)] public required long Refundable { get; init; }

    /// <summary>Makes the view of a payment.</summary>
    public static PaymentView Of(Payment payment) => new()
    {
        Id = payment.Id,
        MerchantId = payment.MerchantId,
        Mode = payment.Mode.Name(),
        Status = payment.Status.Name(),
        Outcome = payment.Charge.Outcome.Name(),
        Currency = payment.Currency.Code,
        Amount = payment.Amount,
        Fee = payment.Fee,
        Captured = payment.Captured,
        Refunded = payment.Refunded,
        RefundsInFlight = payment.RefundsInFlight,
        Gateway = payment.Gateway,
        PaymentMethod = payment.PaymentMethod,
        Reference = payment.Reference,
        Description = payment.Description,
        Code = payment.Charge.Code,
        Version = payment.Version,
        CreatedAt = payment.CreatedAt,
        UpdatedAt = payment.UpdatedAt,
        NextActionAt = payment.NextActionAt,
        Capture = payment.Capture.Name(),
        Capturable = payment.Capturable,
        CapturesInFlight = payment.CapturesInFlight,
        AuthorizedUntil = payment.AuthorizedUntil,
        Customer = payment.Customer,
        StatementDescriptor = payment.StatementDescriptor,
        Metadata = payment.Metadata,
        ReturnUrl = payment.ReturnUrl,
        ActionUrl = payment.ActionUrl,
        RefundsReversed = payment.RefundsReversed,
        Disputed = payment.Disputed,
        Refundable = payment.Refundable,
    };

    public override string ToString() => nameof(PaymentView);
}

/// <summary>A charge, authorization, capture, void or refund as callers see it.</summary>
[GenerateSerializer, Immutable, Alias("payments.OperationView")]
public sealed record OperationView
{
    [Id(0)] public required Guid Id { get; init; }
    [Id(1)] public required string Kind { get; init; }

    /// <summary><c>pending</c>, <c>succeeded</c>, <c>declined</c> or <c>failed</c>.</summary>
    [Id(2)] public required string Status { get; init; }

    [Id(3)] public required string Outcome { get; init; }
    [Id(4)] public required long Amount { get; init; }
    [Id(5)] public required string? Reason { get; init; }
    [Id(6)] public required string? Code { get; init; }
    [Id(7)] public required string? ProcessorReference { get; init; }
    [Id(8)] public required int Attempts { get; init; }
    [Id(9)] public required DateTimeOffset CreatedAt { get; init; }
    [Id(10)] public required bool IsFinalCapture { get; init; }

    /// <summary>What the platform took of it, in minor units; negative where it gave a fee back.</summary>
    [Id(11)] public required long Fee { get; init; }

    [Id(12)] public required ImmutableSortedDictionary<string, string> Metadata { get; init; }

    /// <summary>Of a refund that had succeeded and came back: why; null as long as it has not.</summary>
    [Id(13)] public required string? ReversedBecause { get; init; }

    /// <summary>When an open operation was first sent.</summary>
    [Id(14)] public required DateTimeOffset FirstSentAt { get; init; }

    /// <summary>Makes the view of an operation of a payment.</summary>
    public static OperationView Of(Payment payment, Operation operation) => new()
    {
        Id = operation.Id,
        Kind = operation.Kind.Name(),
        Status = operation.Status.Name(),
        Outcome = operation.Outcome.Name(),
        Amount = operation.Amount,
        Reason = operation.Reason,
        Code = operation.Code,
        ProcessorReference = operation.ProcessorReference,
        Attempts = operation.Attempt,
        CreatedAt = operation.CreatedAt,
        IsFinalCapture = operation.IsFinalCapture,
        Fee = operation.Fee,
        Metadata = operation.Metadata,
        ReversedBecause = operation.Kind == OperationKind.Refund && payment.Find(Ids.RefundFailure(operation.Id)) is { } failure ? failure.Code ?? "reversed" : null,
        FirstSentAt = operation.FirstSentAt,
    };

    public override string ToString() => nameof(OperationView);
}
