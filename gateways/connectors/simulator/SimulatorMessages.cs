using System.Net;
using System.Text.Json;
using Payments.Domain;
using Payments.Gateways.Connectors.Http;

namespace Payments.Gateways.Connectors.Simulator;

/// <summary>Translates between our terms and the processor's.</summary>
/// <remarks>Whatever its contract does not say is <see cref="GatewayAnswerKind.Unknown"/>.</remarks>
internal static class SimulatorMessages
{
    private const string TransferKind = "transfer";

    public static byte[] Charge(ChargeOrder order) => JsonSerializer.SerializeToUtf8Bytes(
        new ChargeMessage(order.Reference, order.Amount.Minor, order.Amount.Currency.Code, order.Token, order.ReturnUrl),
        SimulatorJson.Default.ChargeMessage);

    public static byte[] Capture(CaptureOrder order) => JsonSerializer.SerializeToUtf8Bytes(
        new CaptureMessage(order.Reference, order.Amount.Minor, order.Amount.Currency.Code, order.ProcessorAuthorizationId, order.IsFinal),
        SimulatorJson.Default.CaptureMessage);

    public static byte[] Void(VoidOrder order) => JsonSerializer.SerializeToUtf8Bytes(
        new VoidMessage(order.Reference, order.ProcessorAuthorizationId), SimulatorJson.Default.VoidMessage);

    public static byte[] Refund(RefundOrder order) => JsonSerializer.SerializeToUtf8Bytes(
        new RefundMessage(order.Reference, order.Amount.Minor, order.Amount.Currency.Code, order.ProcessorChargeId),
        SimulatorJson.Default.RefundMessage);

    public static byte[] Transfer(TransferOrder order) => JsonSerializer.SerializeToUtf8Bytes(
        new TransferMessage(order.Reference, order.Amount.Minor, order.Amount.Currency.Code, order.Destination), SimulatorJson.Default.TransferMessage);

    /// <summary>The answer to whatever was sent.</summary>
    public static GatewayAnswer ReadAnswer(SimulatorReply reply, OperationKind kind, string reference) => ReadAnswer(reply, KindName(kind), reference);

    /// <summary>The answer to a transfer.</summary>
    public static GatewayAnswer ReadTransfer(SimulatorReply reply, string reference) => ReadAnswer(reply, TransferKind, reference);

    /// <summary>The answer to a query.</summary>
    public static GatewayAnswer ReadQuery(SimulatorReply reply, OperationKind kind, string reference) => ReadQuery(reply, KindName(kind), reference);

    /// <summary>The answer to a query about a transfer.</summary>
    public static GatewayAnswer ReadTransferQuery(SimulatorReply reply, string reference) => ReadQuery(reply, TransferKind, reference);

    private static GatewayAnswer ReadAnswer(SimulatorReply reply, string kind, string reference) => reply switch
    {
        { Status: HttpStatusCode.OK } => ReadOperation(reply.Body, kind, reference),
        // The contract: 503 with this code is given at the door, before any work.
        { Status: HttpStatusCode.ServiceUnavailable, Body.Code: "processor_unavailable" } =>
            new GatewayAnswer(GatewayAnswerKind.NotSent, Code: reply.Body.Code),
        // The contract: refused before any work, nothing was recorded. These alone are proof; every other refusal, and above all
        // idempotency_key_reused (the key stands for another operation, which may have had its effect), must be looked at.
        {
            Status: HttpStatusCode.BadRequest,
            Body.Code: "unknown_token" or "unknown_charge" or "unknown_authorization" or "currency_mismatch" or "invalid_field" or "missing_field",
        } => new GatewayAnswer(GatewayAnswerKind.Declined, Code: reply.Body.Code),
        _ => Unexpected(reply),
    };

    private static GatewayAnswer ReadQuery(SimulatorReply reply, string kind, string reference) => reply switch
    {
        { Status: HttpStatusCode.OK } => ReadOperation(reply.Body, kind, reference),
        // Without the code it may be a proxy's 404, which says nothing of the operation.
        { Status: HttpStatusCode.NotFound, Body.Code: "not_found" } => new GatewayAnswer(GatewayAnswerKind.NotFound),
        _ => Unexpected(reply),
    };

    /// <summary>What an event says of an operation of ours.</summary>
    public static GatewayNews? ReadNews(SimulatorEvent message) => message switch
    {
        { Operation: { Reference: { } reference, Kind: { } name } operation } when KindOf(name) is { } kind =>
            new(reference, null, ReadOperation(operation, KindName(kind), reference)),
        { Dispute: { Id: { Length: > 0 } id, ChargeReference: { } charge, Amount: { } amount } dispute } when NoticeOf(message.Type) is { } notice
            && Currency.TryParse(dispute.Currency, out var currency) =>
            new(charge, null, null, new(notice, id, new Money(amount, currency), dispute.Fee ?? 0, dispute.Kept ?? 0, dispute.Reason)),
        _ => null,
    };

    private static OperationKind? KindOf(string name)
    {
        foreach (var kind in new[] { OperationKind.Charge, OperationKind.Authorize, OperationKind.Capture, OperationKind.Void, OperationKind.Refund })
        {
            if (KindName(kind) == name)
            {
                return kind;
            }
        }

        return null;
    }

    private static OperationKind? NoticeOf(string? type) => type switch
    {
        "dispute.opened" => OperationKind.Dispute,
        "dispute.won" => OperationKind.DisputeWon,
        "dispute.lost" => OperationKind.DisputeLost,
        _ => null,
    };

    private static Money? Told(SimulatorReply.Fields body) =>
        body.Amount is { } amount && Currency.TryParse(body.Currency, out var currency) ? new Money(amount, currency) : null;

    private static GatewayAnswer ReadOperation(SimulatorReply.Fields body, string kind, string reference) => body switch
    {
        { Id: not { Length: > 0 } } => new GatewayAnswer(GatewayAnswerKind.Unknown, Code: ProcessorReply.Unreadable),
        _ when body.Reference != reference || body.Kind != kind =>
            new GatewayAnswer(GatewayAnswerKind.Unknown, Code: "answer_mismatch"),
        { Status: "approved" } => new GatewayAnswer(GatewayAnswerKind.Approved, body.Id, AuthorizedUntil: body.ExpiresAt, Told: Told(body)),
        { Status: "declined", DeclineCode: "authorization_expired" } => new GatewayAnswer(GatewayAnswerKind.Expired, body.Id, body.DeclineCode),
        { Status: "declined" } =>
            new GatewayAnswer(GatewayAnswerKind.Declined, body.Id, body.DeclineCode, Told: Told(body), IsRetryable: body.Retryable ?? false),
        { Status: "reversed" } => new GatewayAnswer(GatewayAnswerKind.Reversed, body.Id, body.DeclineCode, Told: Told(body)),
        { Status: "requires_action" } => new GatewayAnswer(GatewayAnswerKind.RequiresAction, body.Id, Told: Told(body), ActionUrl: body.ActionUrl),
        { Status: "pending" } => new GatewayAnswer(GatewayAnswerKind.Pending, body.Id),
        _ => new GatewayAnswer(GatewayAnswerKind.Unknown, Code: ProcessorReply.Unreadable),
    };

    private static GatewayAnswer Unexpected(SimulatorReply reply) =>
        new(GatewayAnswerKind.Unknown, Code: reply.Body.Code ?? $"http_{(int)reply.Status}");

    private static string KindName(OperationKind kind) => kind switch
    {
        OperationKind.Charge => "charge",
        OperationKind.Authorize => "authorization",
        OperationKind.Capture => "capture",
        OperationKind.Void => "void",
        OperationKind.Refund => "refund",
        OperationKind.Dispute or OperationKind.DisputeWon or OperationKind.DisputeLost or OperationKind.RefundFailure =>
            throw new ArgumentOutOfRangeException(nameof(kind), kind, "Nobody asks for that."),
    };
}
