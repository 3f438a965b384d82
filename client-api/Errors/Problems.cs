using Payments.ClientApi.Endpoints;
using Payments.ClientApi.Security;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Errors;

/// <summary>
/// Every error that the API answers with. 400: wrong in itself. 409 and 422: right in itself, and refused because of what is stored.
/// 503: try again with the same key. Only an answer that says <c>unknown</c> may have had an effect.
/// </summary>
internal static class Problems
{
    public static Problem KeyMissing() => new()
    {
        Status = StatusCodes.Status401Unauthorized,
        Code = "api_key_missing",
        Title = "An API key is needed",
        Detail = "Send the secret key as 'Authorization: Bearer sk_...'.",
        Challenge = "Bearer",
    };

    public static Problem KeyInvalid() => new()
    {
        Status = StatusCodes.Status401Unauthorized,
        Code = "api_key_invalid",
        Title = "The API key is not valid",
        Detail = "The Authorization header holds no key that is known, not revoked and not expired. It reads 'Bearer' and one secret key.",
        Challenge = "Bearer error=\"invalid_token\"",
    };

    public static Problem ScopeMissing(RequiredScopes required) => new()
    {
        Status = StatusCodes.Status403Forbidden,
        Code = "scope_missing",
        Title = "The API key may not do this",
        Detail = $"This needs a key with the scope {required}.",
        Challenge = $"Bearer error=\"insufficient_scope\", scope=\"{string.Join(' ', required.AnyOf)}\"",
    };

    public static Problem PaymentNotFound() => new()
    {
        Status = StatusCodes.Status404NotFound,
        Code = "payment_not_found",
        Title = "No such payment",
        Detail = "There is no payment with this id.",
    };

    public static Problem OperationNotFound(OperationName operation) => new()
    {
        Status = StatusCodes.Status404NotFound,
        Code = $"{operation.Name}_not_found",
        Title = $"No such {operation.Name}",
        Detail = $"The payment has no {operation.Name} with this id.",
    };

    public static Problem AccountNotFound() => new()
    {
        Status = StatusCodes.Status404NotFound,
        Code = "account_not_found",
        Title = "No such account",
        Detail = "There is no ledger account with this id.",
    };

    public static Problem EntryNotFound() => new()
    {
        Status = StatusCodes.Status404NotFound,
        Code = "entry_not_found",
        Title = "No such entry",
        Detail = "There is no journal entry with this id.",
    };

    /// <param name="account">Whose minimum it is.</param>
    public static Problem AccountBelowMinimum(string? account) => Conflict(
        "balance_insufficient", "An account's balance is too low", $"The entry would take {account} below its minimum.", "postings");

    public static Problem ReportNotFound() => new()
    {
        Status = StatusCodes.Status404NotFound,
        Code = "report_not_found",
        Title = "No such report",
        Detail = "There is no report with this id.",
    };

    public static Problem ReportNotReady() => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = "report_not_ready",
        Title = "The report is not finished",
        Detail = "Its file is still being written. Ask again once its status is succeeded.",
        SafeToRetry = true,
    };

    public static Problem ReportHasNoFile(ReportStatus status) => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = "report_has_no_file",
        Title = "The report has no file",
        Detail = $"The report is {status.Name()}. Ask for it anew, under another Idempotency-Key.",
    };

    public static Problem BreakNotFound() => new()
    {
        Status = StatusCodes.Status404NotFound,
        Code = "break_not_found",
        Title = "No such break",
        Detail = "There is no break with this id.",
    };

    public static Problem BreakResolved() => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = "break_resolved",
        Title = "The break has ended",
        Detail = "Somebody has ended it, or a later line or answer explained it; how it ended stays.",
    };

    public static Problem BreakCannotEndSo(string resolution) => Conflict(
        "break_cannot_end_so", "The break cannot end so",
        $"A break with an amount ends as receivable, fees or write_off, one without as accepted, and what is missing at the processor not as receivable; not as {resolution}.", "resolution");

    public static Problem MerchantNotFound() => new()
    {
        Status = StatusCodes.Status404NotFound,
        Code = "merchant_not_found",
        Title = "No such merchant",
        Detail = "There is no merchant with this id.",
    };

    public static Problem KeyNotFound() => new()
    {
        Status = StatusCodes.Status404NotFound,
        Code = "key_not_found",
        Title = "No such key",
        Detail = "No merchant has a key with this id.",
    };

    public static Problem KeyNotRotatable() => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = "key_not_rotatable",
        Title = "The key has ended or will",
        Detail = "A key is rotated once, and not after it was revoked. Rotate the key that took its place, or make a new one.",
    };

    public static Problem ProcessorOperationNotFound() => new()
    {
        Status = StatusCodes.Status404NotFound,
        Code = "operation_not_found",
        Title = "No such operation",
        Detail = "There is no operation with this id.",
    };

    public static Problem GatewayNotFound() => new()
    {
        Status = StatusCodes.Status404NotFound,
        Code = "gateway_not_found",
        Title = "No such processor",
        Detail = "No processor of this name is configured, or none of its webhook secrets is.",
    };

    public static Problem WebhookUnverified(string reason) => new()
    {
        Status = StatusCodes.Status400BadRequest,
        Code = reason,
        Title = "The webhook is not known to come from the processor",
        Detail = reason switch
        {
            "signature_missing" => "The headers that carry the signature are missing.",
            "signature_invalid" => "None of the signatures is made over this very body with a secret that is configured.",
            "timestamp_outside_tolerance" => "It was signed more than five minutes ago, or in the future.",
            _ => "The signature is right, and the body is nothing that this processor would send.",
        },
    };

    public static Problem OperationDecided() => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = "operation_decided",
        Title = "The operation is decided",
        Detail = "There is evidence of what became of it; nobody has to decide it.",
    };

    public static Problem PayoutNotFound() => new()
    {
        Status = StatusCodes.Status404NotFound,
        Code = "payout_not_found",
        Title = "No such payout",
        Detail = "There is no payout with this id.",
    };

    public static Problem PayoutDecided() => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = "payout_decided",
        Title = "The payout is decided otherwise",
        Detail = "There is evidence of what became of it. What was paid can only come back; what failed, or came back, stays so.",
    };

    public static Problem OperationUnderWay() => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = "operation_under_way",
        Title = "An attempt is under way",
        Detail = "The processor may answer any moment. Ask again once next_action_at has passed.",
        SafeToRetry = true,
    };

    public static Problem DecisionMadeBefore() => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = "decision_made_before",
        Title = "This operator has decided already",
        Detail = "Above the limit another operator must decide alike; nobody can take a decision back.",
    };

    public static Problem DecisionsDiffer() => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = "decisions_differ",
        Title = "Another operator has decided otherwise",
        Detail = "Find out who is right; the operation waits for more evidence meanwhile.",
    };

    public static Problem BodyTooLarge(long most = ApiLimits.MaxBodyBytes) => new()
    {
        Status = StatusCodes.Status413PayloadTooLarge,
        Code = "body_too_large",
        Title = "The body is too large",
        Detail = $"A body has at most {most} bytes.",
    };

    public static Problem UnsupportedMediaType(string wanted = "application/json") => new()
    {
        Status = StatusCodes.Status415UnsupportedMediaType,
        Code = "unsupported_media_type",
        Title = wanted == "text/csv" ? "The body must be CSV" : "The body must be JSON",
        Detail = $"Send 'Content-Type: {wanted}', in UTF-8 and without Content-Encoding.",
    };

    /// <param name="what">Names the line and what is wrong with it.</param>
    public static Problem SettlementFileInvalid(string what) =>
        Conflict("settlement_file_invalid", "The settlement file cannot be read", $"Nothing was imported: {what}");

    public static Problem SettlementFileDiffers() => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = "settlement_file_differs",
        Title = "Another file was imported under this name",
        Detail = "What a processor has told does not change. If this is another file, import it under a name of its own.",
        Field = "name",
    };

    public static Problem SettlementImportUnderWay() => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = "settlement_import_under_way",
        Title = "Somebody else is importing this file",
        Detail = "Nothing was imported by this request. Look at the list of files, and send it again.",
        SafeToRetry = true,
    };

    public static Problem InvalidJson(string rule) => new()
    {
        Status = StatusCodes.Status400BadRequest,
        Code = "invalid_json",
        Title = "The body is not the JSON that is wanted",
        Detail = rule,
    };

    public static Problem FieldMissing(string field) => WrongField("field_missing", "A field is missing", field, $"{field} is required.");

    public static Problem FieldInvalid(string field, string rule) => WrongField("field_invalid", "A field is not valid", field, $"{field} {rule}.");

    /// <param name="field">Null when its name is nothing to repeat.</param>
    public static Problem FieldUnknown(string? field, IEnumerable<string> known) =>
        WrongField("field_unknown", "A field is unknown", field, $"Only these fields are taken: {string.Join(", ", known)}.");

    public static Problem FieldRepeated(string? field) =>
        WrongField("field_repeated", "A field is there twice", field, "A field may be there once.");

    public static Problem CardNumberRefused(string? field) => WrongField(
        "card_number_refused", "Card numbers are not taken", field,
        "This looks like a card number. Send the processor's token of the card instead; what was sent has not been kept.");

    public static Problem ParameterInvalid(string name, string rule) =>
        WrongField("parameter_invalid", "A parameter is not valid", name, $"{name} {rule}.");

    /// <param name="name">Null when it is nothing to repeat.</param>
    public static Problem ParameterUnknown(string? name, IReadOnlyCollection<string> known) => WrongField(
        "parameter_unknown", "A parameter is unknown", name,
        known.Count == 0 ? "No parameters are taken." : $"Only these parameters are taken: {string.Join(", ", known)}.");

    public static Problem CursorInvalid() => WrongField(
        "cursor_invalid", "The cursor is not valid", "cursor", "A cursor is taken as next_cursor gave it, by the same merchant, for the same list with the same filters.");

    public static Problem CursorExpired() => WrongField(
        "cursor_expired", "The cursor is too old", "cursor", "A cursor is good for a day. Read the list again from its beginning.");

    public static Problem IdempotencyKeyMissing() => WrongField(
        "idempotency_key_missing", "An idempotency key is needed", IdempotencyKeyHeader,
        "Send an Idempotency-Key header, new for every payment or refund that is meant, and the same for every retry of it.");

    public static Problem IdempotencyKeyInvalid() => WrongField(
        "idempotency_key_invalid", "The idempotency key is not valid", IdempotencyKeyHeader,
        $"Idempotency-Key is sent once, with 1 to {Ids.MaxIdempotencyKey} printable ASCII characters.");

    /// <summary>A rule of the payment said no; nothing was stored or sent.</summary>
    /// <param name="status">Where the payment stands, as far as known.</param>
    public static Problem Refused(string? code, string? status) => code switch
    {
        "payment_not_found" => PaymentNotFound(),
        "idempotency_key_reused" => new()
        {
            Status = StatusCodes.Status422UnprocessableEntity,
            Code = code,
            Title = "The idempotency key was used before",
            Detail = "This Idempotency-Key was sent with other content. Take a new one, or send exactly what was sent first.",
            Field = IdempotencyKeyHeader,
        },
        "payment_not_capturable" => WrongStatus(code, status, "The payment cannot be captured as it stands", "Only a payment that is authorized can be captured."),
        "payment_not_cancelable" => WrongStatus(code, status, "The payment cannot be canceled as it stands", "Only a payment that is authorized can be canceled."),
        "payment_not_refundable" => WrongStatus(
            code, status, "The payment cannot be refunded as it stands", "Only what was captured can be refunded."),
        "operation_in_flight" => WrongStatus(
            code, status, "Another operation of the payment is in flight",
            "A capture or cancellation is not decided yet, and what you ask for depends on it. Once it is, send the same request again.") with
        { SafeToRetry = true },
        "capture_exceeds_authorization" => Conflict(code, "The capture is more than what is left",
            "The amount is larger than what was authorized, less all captures made or pending.", "amount"),
        "capture_must_be_final" => Conflict(code, "The capture must release the rest",
            "This payment's processor captures an authorization only once: send final as true, or leave it out.", "final"),
        "too_many_captures" => Conflict(code, "The payment has too many captures", $"A payment has at most {Payment.MaxCaptures} captures."),
        "too_many_cancellations" => Conflict(code, "The payment has too many cancellations", $"A payment has at most {Payment.MaxVoids} cancellations."),
        "refund_exceeds_payment" => Conflict(code, "The refund is more than what is left",
            "The amount is larger than what was captured, less all refunds made or pending.", "amount"),
        "too_many_refunds" => Conflict(code, "The payment has too many refunds", $"A payment has at most {Payment.MaxRefunds} refunds."),
        "balance_insufficient" => Conflict(code, "The balance is too low",
            "The refund would take the merchant's balance below its minimum."),
        "entry_reversed" => new()
        {
            Status = StatusCodes.Status409Conflict,
            Code = code,
            Title = "The entry was taken back already",
            Detail = "An entry is taken back once; reversed_by of the entry says by which.",
        },
        "entry_not_reversible" => Conflict(code, "The entry cannot be taken back",
            "Only an entry that was posted to the merchant's own accounts, and is no reversal itself, can be taken back."),
        "balance_out_of_range" => Conflict(code, "A balance would be too large", "An account holds at most what a 64-bit number holds.", "postings"),
        "too_many_reports" => Conflict(code, "There are too many reports",
            "As many reports are open, or as many files are kept, as there may be. Wait for open ones, or delete what is not needed any more."),
        "payout_exceeds_available" => Conflict(code, "The payout is more than what is available",
            "The amount is more than the balance less its reserve and what is too young to be paid out; GET /v1/balance/payable tells how much there is.", "amount"),
        "payout_settings_missing" => Conflict(code, "No payouts are set up in this currency",
            "An operator has to say to which account payouts in this currency go.", "currency"),
        "no_bank" => Conflict(code, "No bank is set up", "Nothing is set up that carries payouts of this mode out. Nothing was stored or sent."),
        "no_processor" => Conflict(code, "No processor takes this", "No processor is set up for payments of this kind. Nothing was stored or sent."),
        _ => Conflict(code ?? "refused", "The request was refused", "A rule does not allow this as things stand."),
    };

    /// <summary>An answer would need what was written in this month or before, and would be short of it.</summary>
    public static Problem Archived(string month) => new()
    {
        Status = StatusCodes.Status410Gone,
        Code = "archived",
        Title = "This is archived",
        Detail = $"It would need what was written in {month} or before, which is archived. Payments, balances and what was written later are here; where a time is taken, ask from a later one on.",
        ArchivedThrough = month,
    };

    /// <summary>Turned away at the door: nothing was stored.</summary>
    public static Problem Busy() => new()
    {
        Status = StatusCodes.Status503ServiceUnavailable,
        Code = "busy",
        Title = "Too much is going on",
        Detail = "Nothing was stored or sent. Send the same request again with the same Idempotency-Key.",
        SafeToRetry = true,
        RetryAfter = 1,
    };

    /// <summary>Nobody knows whether it was stored.</summary>
    public static Problem OutcomeUnknown() => new()
    {
        Status = StatusCodes.Status503ServiceUnavailable,
        Code = "outcome_unknown",
        Title = "It is not known whether this happened",
        Detail = "Send the same request again with the same Idempotency-Key: it is found or made, never twice.",
        Outcome = Outcome.Unknown.Name(),
        SafeToRetry = true,
        RetryAfter = 1,
    };

    /// <summary>Something that this needs is not there; nothing was sent.</summary>
    public static Problem Unavailable() => new()
    {
        Status = StatusCodes.Status503ServiceUnavailable,
        Code = "unavailable",
        Title = "Not available for the moment",
        Detail = "Something that this needs does not answer. Nothing was sent; try again.",
        SafeToRetry = true,
        RetryAfter = 1,
    };

    public static Problem NotReady() => Unavailable() with
    {
        Code = "not_ready",
        Title = "Not ready",
        Detail = "The database or the cluster is not there, or not as this program needs it.",
    };

    /// <summary>A fault of ours.</summary>
    /// <param name="commandSent">Whether a command that moves money had left by then: then its effect is unknown.</param>
    public static Problem Internal(bool commandSent) => new()
    {
        Status = StatusCodes.Status500InternalServerError,
        Code = "internal_error",
        Title = "Something went wrong here",
        Detail = commandSent
            ? "Send the same request again with the same Idempotency-Key: it is found or made, never twice."
            : "Nothing was sent.",
        Outcome = (commandSent ? Outcome.Unknown : Outcome.NotSent).Name(),
        SafeToRetry = true,
    };

    /// <summary>For a bare status that the web server or the routing set.</summary>
    public static Problem OfStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => new()
        {
            Status = status,
            Code = "route_not_found",
            Title = "No such address",
            Detail = "Nothing is served here. The addresses are listed under /docs.",
        },
        StatusCodes.Status405MethodNotAllowed => new()
        {
            Status = status,
            Code = "method_not_allowed",
            Title = "Not with this method",
            Detail = "The Allow header lists the methods that this address takes.",
        },
        StatusCodes.Status408RequestTimeout => new()
        {
            Status = status,
            Code = "request_timeout",
            Title = "The request took too long to arrive",
            Detail = "The body did not arrive in time. Nothing was sent; try again.",
            SafeToRetry = true,
        },
        StatusCodes.Status413PayloadTooLarge => BodyTooLarge(),
        StatusCodes.Status415UnsupportedMediaType => UnsupportedMediaType(),
        >= 500 => Internal(commandSent: false) with { Status = status },
        _ => new()
        {
            Status = status,
            Code = "bad_request",
            Title = "The request cannot be read",
            Detail = "The request is not well-formed HTTP.",
        },
    };

    private const string IdempotencyKeyHeader = "Idempotency-Key";

    private static Problem WrongField(string code, string title, string? field, string detail) => new()
    {
        Status = StatusCodes.Status400BadRequest,
        Code = code,
        Title = title,
        Detail = detail,
        Field = field,
    };

    private static Problem WrongStatus(string code, string? status, string title, string detail) => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = code,
        Title = title,
        Detail = detail,
        PaymentStatus = status,

        // It may yet come to where the very same request is right.
        SafeToRetry = status == PaymentStatus.Processing.Name() || (status == PaymentStatus.Authorized.Name() && code == "payment_not_refundable"),
    };

    private static Problem Conflict(string code, string title, string detail, string? field = null) => new()
    {
        Status = StatusCodes.Status422UnprocessableEntity,
        Code = code,
        Title = title,
        Detail = detail,
        Field = field,
    };
}
