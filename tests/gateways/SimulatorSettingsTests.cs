using Payments.GatewaySimulator;

namespace Payments.Tests.Gateways;

/// <summary>Environment variables, each refused by name.</summary>
public sealed class SimulatorSettingsTests
{
    [Fact]
    public void The_folder_alone_is_enough()
    {
        Assert.True(SimulatorSettings.TryRead(Variables(("SIMULATOR_DATA", "here")), out var settings, out _));
        Assert.Equal(new SimulatorSettings("http://127.0.0.1:8090", "here", TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2)), settings);
    }

    [Fact]
    public void Times_are_milliseconds()
    {
        Assert.True(SimulatorSettings.TryRead(
            Variables(("SIMULATOR_DATA", "here"), ("SIMULATOR_SLOW_MS", "0"), ("SIMULATOR_SHORT_AUTHORIZATION_MS", "600000")),
            out var settings,
            out _));
        Assert.Equal((TimeSpan.Zero, TimeSpan.FromMinutes(10)), (settings.SlowFor, settings.ShortAuthorizationFor));
    }

    [Theory]
    [InlineData("SIMULATOR_DATA", " ")]
    [InlineData("SIMULATOR_URL", "8090")]
    [InlineData("SIMULATOR_URL", "https://127.0.0.1:8090")]
    [InlineData("SIMULATOR_URL", "http://example.com:8090")]
    [InlineData("SIMULATOR_SLOW_MS", "soon")]
    [InlineData("SIMULATOR_SLOW_MS", "-1")]
    [InlineData("SIMULATOR_SHORT_AUTHORIZATION_MS", "never")]
    [InlineData("SIMULATOR_SHORT_AUTHORIZATION_MS", "600001")]
    public void What_is_wrong_is_named(string name, string value)
    {
        Assert.False(SimulatorSettings.TryRead(Variables(("SIMULATOR_DATA", "here"), (name, value)), out _, out var complaint));
        Assert.StartsWith(name, complaint);
    }

    private static Func<string, string?> Variables(params (string Name, string Value)[] given) =>
        name => given.LastOrDefault(variable => variable.Name == name).Value;
}
