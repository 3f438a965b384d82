using System.Collections.Immutable;

namespace Payments.Domain;

/// <summary>One thing that a processor is asked to do for a payment (its charge or authorization, a capture, a void, a refund), or a notice of
/// what it did by itself (a dispute and its end, a refund that came back).</summary>
public sealed record Operation
{
    public required Guid Id { get; init; }
    public required OperationKind Kind { get; init; }
    public required OperationStatus Status { get; init; }

    /// <summary>Minor units of the payment's currency.</summary>
    public required long Amount { get; init; }

    /// <summary>What the client asked for, so that the same key with other content is noticed.</summary>
    public required string Fingerprint { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Why the merchant wanted it, in the merchant's words.</summary>
    public string? Reason { get; init; }

    /// <summary>Of a capture: nothing more will be captured, what is left is released.</summary>
    public bool IsFinalCapture { get; init; }

    /// <summary>What of its amount the platform took as its fee once it succeeded, in minor units; negative where it gave a fee back.</summary>
    public long Fee { get; init; }

    /// <summary>Of a dispute: what the processor takes for it besides, in minor units; of its end: what of that it keeps.</summary>
    public long ProcessorFee { get; init; }

    /// <summary>Of a notice: the operation that it is about.</summary>
    public Guid? About { get; init; }

    public ImmutableSortedDictionary<string, string> Metadata { get; init; } = Domain.Metadata.Empty;

    /// <summary>How many attempts were claimed: the number of the latest. A notice has none.</summary>
    public required int Attempt { get; init; }

    /// <summary>What the latest attempt does.</summary>
    public required AttemptKind AttemptKind { get; init; }

    /// <summary>When the latest attempt was claimed.</summary>
    public required DateTimeOffset ClaimedAt { get; init; }

    /// <summary>What the latest attempt brought; null while its answer is awaited, or was lost.</summary>
    public GatewayAnswerKind? Answer { get; init; }

    /// <summary>How many sends were claimed. A claimed send may have reached the processor, whatever became of us since.</summary>
    public required int Sends { get; init; }

    /// <summary>How many of them are proven never to have had an effect.</summary>
    public int ProvenUnsent { get; init; }

    public required DateTimeOffset FirstSentAt { get; init; }
    public required DateTimeOffset LastSentAt { get; init; }

    /// <summary>When the payment looks at this operation again; null exactly when it is final. Timers and reminders only hint at it.</summary>
    public DateTimeOffset? NextActionAt { get; init; }

    /// <summary>The processor's own id of the operation.</summary>
    public string? ProcessorReference { get; init; }

    /// <summary>The processor's reason, e.g. <c>insufficient_funds</c>.</summary>
    public string? Code { get; init; }

    public bool IsFinal => Status != OperationStatus.Pending;

    /// <summary>What is known of the effect. Never a guess: <see cref="Domain.Outcome.NotSent"/> only when every send is proven unsent.</summary>
    public Outcome Outcome => Status switch
    {
        OperationStatus.Pending => ProvenUnsent == Sends ? Outcome.NotSent : Outcome.Unknown,
        OperationStatus.Succeeded => Outcome.Done,
        OperationStatus.Declined => Outcome.Declined,
        OperationStatus.Failed => Outcome.NotSent,
    };
}
