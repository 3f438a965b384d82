using Payments.Tests.Support;

namespace Payments.Tests.Telemetry;

/// <summary>Every running system of the suite is held to this when it ends; here the check itself is tried.</summary>
public sealed class LogTests
{
    [Theory]
    [InlineData("Charging with tok_approve")]
    [InlineData("Authorization: Bearer abcdef")]
    [InlineData("Cannot connect: Host=x;Username=payments_app;Password=hunter2")]
    [InlineData("signed with whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("a key: sk_live_0123456789abcdef")]
    [InlineData("the order says opensesame")]
    public void A_secret_in_a_log_is_seen(string line)
    {
        var logs = new ProcessLogs();
        logs.Take("node-0 serves the API at http://127.0.0.1:8080/; grains: embedded");
        logs.HoldNoSecrets("opensesame");
        logs.Take(line);
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => logs.HoldNoSecrets("opensesame"));
    }
}
