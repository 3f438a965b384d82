using Microsoft.AspNetCore.Builder;
using Payments.Gateways.Connectors.Simulator;
using Payments.GatewaySimulator;

namespace Payments.Tests.Gateways;

/// <summary>A simulator in this process, on a free port and with a record of its own.</summary>
public sealed class SimulatorFixture : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("simulator-").FullName;
    private readonly ShiftedClock clock = new();
    private WebApplication? app;

    public Uri Address { get; private set; } = null!;

    public SimulatorClient Client { get; private set; } = null!;

    public SimulatorGateway Gateway { get; private set; } = null!;

    public string RecordPath => Path.Combine(folder, "operations.record");

    public async Task InitializeAsync()
    {
        app = SimulatorApp.Build(
            new SimulatorSettings(
                "http://127.0.0.1:0",
                folder,
                SlowFor: TimeSpan.FromMilliseconds(400),
                ShortAuthorizationFor: TimeSpan.FromSeconds(2))
            {
                PendingFor = TimeSpan.FromMilliseconds(300),
            },
            clock);
        await app.StartAsync();
        Address = new Uri(app.Urls.Single());
        Client = new SimulatorClient(Address);
        Gateway = new SimulatorGateway(new SimulatorGatewayOptions { BaseAddress = Address }, TimeProvider.System);
    }

    /// <summary>Lets the simulator's clock jump ahead; timers keep to real time.</summary>
    public void Advance(TimeSpan time) => clock.Ahead += time;

    /// <summary>What the simulator takes for the time.</summary>
    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>Ends the simulator, lets the caller do something to its record, and starts it again.</summary>
    public async Task RestartAsync(Action? meanwhile = null)
    {
        await StopAsync();
        meanwhile?.Invoke();
        await InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(folder, recursive: true);
    }

    private async Task StopAsync()
    {
        Gateway.Dispose();
        Client.Dispose();
        await app!.StopAsync();
        await app.DisposeAsync();
    }

    private sealed class ShiftedClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
