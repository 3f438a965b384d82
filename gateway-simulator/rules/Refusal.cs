namespace Payments.GatewaySimulator.Rules;

/// <summary>Why a request is refused; the body of every 4xx.</summary>
/// <param name="Code">For programs; part of the contract.</param>
/// <param name="Field">The field or header at fault, where there is one.</param>
/// <param name="Message">For people.</param>
internal sealed record Refusal(string Code, string? Field, string Message);
