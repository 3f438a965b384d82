using System.Collections.Immutable;
using Payments.Domain;
using Payments.Gateways;
using Payments.Gateways.Connectors.Simulator;

namespace Payments.Silo;

/// <summary>The configured bank connections.</summary>
internal sealed class BankDirectory(IEnumerable<(Mode Mode, IBankTransfers Bank)> banks) : IBankDirectory, IDisposable
{
    private readonly ImmutableArray<(Mode Mode, IBankTransfers Bank)> all = [.. banks];

    public static BankDirectory Make(GatewaySettings settings, TimeProvider time) => new(settings.Banks.Select(setting => (
        StatusNames.Parse<Mode>(setting.Mode, ModeNames.Name),
        (IBankTransfers)new SimulatorBank(
            new() { Name = setting.Name, BaseAddress = setting.Url, Timeout = TimeSpan.FromMilliseconds(setting.TimeoutMs), Retries = setting.Retries }, time))));

    public IBankTransfers Get(string name) => all.FirstOrDefault(one => one.Bank.Name == name).Bank
        ?? throw new KeyNotFoundException($"No bank '{name}' is configured on this node.");

    public string? Route(Mode mode) => all.FirstOrDefault(one => one.Mode == mode).Bank?.Name;

    public void Dispose()
    {
        foreach (var (_, bank) in all)
        {
            (bank as IDisposable)?.Dispose();
        }
    }
}
