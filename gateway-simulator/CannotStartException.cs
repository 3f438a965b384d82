namespace Payments.GatewaySimulator;

/// <summary>The simulator cannot run as it is configured; the message is one line that names the setting.</summary>
public sealed class CannotStartException(string message, Exception inner) : Exception(message, inner);
