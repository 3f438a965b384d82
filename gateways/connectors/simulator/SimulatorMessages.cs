using System.Net;
using System.Text.Json;
using Payments.Domain;

namespace Payments.Gateways.Connectors.Simulator;

/// <summary>Translates between our terms and the processor's.</summary>
/// <remarks>Whatever its contract does not say is <see cref="GatewayAnswerKind.Unknown"/>.</remarks>
internal static class SimulatorMessages
{
    public const string Unreadable = "unreadable_answer";

    public static byte[] Charge(ChargeOrder order) => JsonSerializer.SerializeToUtf8Bytes(
        new ChargeMessage(order.Reference, order.Amount.Minor, order.Amount.Currency.Code, order.Token),
        SimulatorJson.Default.ChargeMessage);

    public static byte[] Capture(CaptureOrder order) => JsonSerializer.SerializeToUtf8Bytes(
        new CaptureMessage(order.Reference, order.Amount.Minor, order.Amount.Currency.Code, order.ProcessorAuthorizationId, order.IsFinal),
        SimulatorJson.Default.CaptureMessage);

    public static byte[] Void(VoidOrder order) => JsonSerializer.SerializeToUtf8Bytes(
        new VoidMessage(order.Reference, order.ProcessorAuthorizationId), SimulatorJson.Default.VoidMessage);

    public static byte[] Refund(RefundOrder order) => JsonSerializer.SerializeToUtf8Bytes(
        new RefundMessage(order.Reference, order.Amount.Minor, order.Amount.Currency.Code, order.ProcessorChargeId),
        SimulatorJson.Default.RefundMessage);

    /// <summary>The answer to whatever was sent.</summary>
    public static GatewayAnswer ReadAnswer(SimulatorReply reply, OperationKind kind, string reference) => reply switch
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

    /// <summary>The answer to a query.</summary>
    public static GatewayAnswer ReadQuery(SimulatorReply reply, OperationKind kind, string reference) => reply switch
    {
        { Status: HttpStatusCode.OK } => ReadOperation(reply.Body, kind, reference),
        // Without the code it may be a proxy's 404, which says nothing of the operation.
        { Status: HttpStatusCode.NotFound, Body.Code: "not_found" } => new GatewayAnswer(GatewayAnswerKind.NotFound),
        _ => Unexpected(reply),
    };

    private static GatewayAnswer ReadOperation(SimulatorReply.Fields body, OperationKind kind, string reference) => body switch
    {
        { Id: not { Length: > 0 } } => new GatewayAnswer(GatewayAnswerKind.Unknown, Code: Unreadable),
        _ when body.Reference != reference || body.Kind != KindName(kind) =>
            new GatewayAnswer(GatewayAnswerKind.Unknown, Code: "answer_mismatch"),
        { Status: "approved" } => new GatewayAnswer(GatewayAnswerKind.Approved, body.Id, AuthorizedUntil: body.ExpiresAt),
        { Status: "declined", DeclineCode: "authorization_expired" } => new GatewayAnswer(GatewayAnswerKind.Expired, body.Id, body.DeclineCode),
        { Status: "declined" } => new GatewayAnswer(GatewayAnswerKind.Declined, body.Id, body.DeclineCode),
        { Status: "pending" } => new GatewayAnswer(GatewayAnswerKind.Pending, body.Id),
        _ => new GatewayAnswer(GatewayAnswerKind.Unknown, Code: Unreadable),
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
    };
}
