using Payments.Domain;

namespace Payments.Storage;

/// <summary>Domain values to rows and back. Nothing is decided here.</summary>
public static class RowMapping
{
    /// <summary>Everything that an accepted decision writes.</summary>
    public static Commit ToCommit(this Decision.Accept decision) => new()
    {
        At = decision.Next.UpdatedAt,
        Payment = decision.Next.ToRow(),
        Operation = decision.Changed.ToRow(decision.Next.Operations.IndexOf(decision.Changed)),
        Action = decision.Audit.Name(),
        Events = decision.Events,
        Entry = decision.Entry?.ToRow(),
    };

    public static PaymentRow ToRow(this Payment payment) => new()
    {
        MerchantId = payment.MerchantId,
        Id = payment.Id,
        Mode = payment.Mode.Name(),
        Version = payment.Version,
        Status = payment.Status.Name(),
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
        CreatedAt = payment.CreatedAt,
        UpdatedAt = payment.UpdatedAt,
        NextActionAt = payment.NextActionAt,
        Capture = payment.Capture.Name(),
        CapturesInFlight = payment.CapturesInFlight,
        AuthorizedUntil = payment.AuthorizedUntil,
        FeeBasisPoints = payment.FeeTerms.BasisPoints,
        FeeFixed = payment.FeeTerms.Fixed,
        FeeReturnedOnRefund = payment.FeeTerms.ReturnedOnRefund,
        Customer = payment.Customer,
        StatementDescriptor = payment.StatementDescriptor,
        Metadata = payment.Metadata.ToJson(),
        Routes = string.Join(',', payment.Routes),
        ReturnUrl = payment.ReturnUrl,
        ActionUrl = payment.ActionUrl,
        RefundsReversed = payment.RefundsReversed,
        Disputed = payment.Disputed,
    };

    public static OperationRow ToRow(this Operation operation, int position) => new()
    {
        Id = operation.Id,
        Kind = operation.Kind.Name(),
        Status = operation.Status.Name(),
        Amount = operation.Amount,
        Fingerprint = operation.Fingerprint,
        Reason = operation.Reason,
        CreatedAt = operation.CreatedAt,
        Position = position,
        Attempt = operation.Attempt,
        AttemptKind = operation.AttemptKind.Name(),
        ClaimedAt = operation.ClaimedAt,
        Answer = operation.Answer?.Name(),
        Sends = operation.Sends,
        ProvenUnsent = operation.ProvenUnsent,
        FirstSentAt = operation.FirstSentAt,
        LastSentAt = operation.LastSentAt,
        NextActionAt = operation.NextActionAt,
        ProcessorReference = operation.ProcessorReference,
        Code = operation.Code,
        IsFinalCapture = operation.IsFinalCapture,
        Fee = operation.Fee,
        Metadata = operation.Metadata.ToJson(),
        ProcessorFee = operation.ProcessorFee,
        About = operation.About,
    };

    public static EntryRow ToRow(this JournalEntry entry) => new()
    {
        Id = entry.Id,
        Kind = entry.Kind.Name(),
        IsRequest = entry.Kind.IsRequest(),
        MerchantId = entry.MerchantId,
        PaymentId = entry.PaymentId,
        OperationId = entry.OperationId,
        EffectiveAt = entry.EffectiveAt,
        Floor = entry.Floor,
        Postings = [.. entry.Postings.Select(posting => new PostingRow(posting.Account.ToString(), posting.Amount))],
    };

    public static Payment ToPayment(this PaymentRow row, IEnumerable<OperationRow> operations) => new()
    {
        MerchantId = row.MerchantId,
        Id = row.Id,
        Mode = StatusNames.Parse<Mode>(row.Mode, ModeNames.Name),
        Version = row.Version,
        Status = StatusNames.Parse<PaymentStatus>(row.Status, StatusNames.Name),
        Currency = Currency.Of(row.Currency),
        Amount = row.Amount,
        Fee = row.Fee,
        Captured = row.Captured,
        Refunded = row.Refunded,
        RefundsInFlight = row.RefundsInFlight,
        Gateway = row.Gateway,
        PaymentMethod = row.PaymentMethod,
        Reference = row.Reference,
        Description = row.Description,
        CreatedAt = row.CreatedAt,
        UpdatedAt = row.UpdatedAt,
        Capture = StatusNames.Parse<CaptureMode>(row.Capture, CaptureModeNames.Name),
        CapturesInFlight = row.CapturesInFlight,
        AuthorizedUntil = row.AuthorizedUntil,
        FeeTerms = new(row.FeeBasisPoints, row.FeeFixed, row.FeeReturnedOnRefund),
        Customer = row.Customer,
        StatementDescriptor = row.StatementDescriptor,
        Metadata = Metadata.FromJson(row.Metadata),
        Routes = [.. row.Routes.Split(',')],
        ReturnUrl = row.ReturnUrl,
        ActionUrl = row.ActionUrl,
        RefundsReversed = row.RefundsReversed,
        Disputed = row.Disputed,
        Operations = [.. operations.OrderBy(operation => operation.Position).Select(ToOperation)],
    };

    public static Operation ToOperation(this OperationRow row) => new()
    {
        Id = row.Id,
        Kind = StatusNames.Parse<OperationKind>(row.Kind, StatusNames.Name),
        Status = StatusNames.Parse<OperationStatus>(row.Status, StatusNames.Name),
        Amount = row.Amount,
        Fingerprint = row.Fingerprint,
        Reason = row.Reason,
        CreatedAt = row.CreatedAt,
        Attempt = row.Attempt,
        AttemptKind = StatusNames.Parse<AttemptKind>(row.AttemptKind, StatusNames.Name),
        ClaimedAt = row.ClaimedAt,
        Answer = row.Answer is null ? null : StatusNames.Parse<GatewayAnswerKind>(row.Answer, StatusNames.Name),
        Sends = row.Sends,
        ProvenUnsent = row.ProvenUnsent,
        FirstSentAt = row.FirstSentAt,
        LastSentAt = row.LastSentAt,
        NextActionAt = row.NextActionAt,
        ProcessorReference = row.ProcessorReference,
        Code = row.Code,
        IsFinalCapture = row.IsFinalCapture,
        Fee = row.Fee,
        Metadata = Metadata.FromJson(row.Metadata),
        ProcessorFee = row.ProcessorFee,
        About = row.About,
    };
}
