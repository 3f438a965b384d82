using System.Collections.Immutable;
using Payments.Domain;
using Payments.Gateways;
using Payments.Gateways.Connectors.BankFile;
using Payments.Gateways.Connectors.Simulator;

namespace Payments.Hosting;

/// <summary>The configured bank connections.</summary>
internal sealed class BankDirectory(IEnumerable<(Mode Mode, IBankTransfers Bank)> banks) : IBankDirectory, IAsyncDisposable
{
    private readonly ImmutableArray<(Mode Mode, IBankTransfers Bank)> all = [.. banks];

    public static BankDirectory Make(GatewaySettings settings, TimeProvider time) => new(settings.Banks.Select(setting => (
        StatusNames.Parse<Mode>(setting.Mode, ModeNames.Name),
        setting.Connector == "file"
            ? (IBankTransfers)new BankFile(new(setting.Name, setting.Folder!, setting.DebtorName!, setting.DebtorIban!, setting.DebtorBic), time)
            : new SimulatorBank(
                new() { Name = setting.Name, BaseAddress = setting.Url!, Timeout = TimeSpan.FromMilliseconds(setting.TimeoutMs), Retries = setting.Retries }, time))));

    public IBankTransfers Get(string name) => all.FirstOrDefault(one => one.Bank.Name == name).Bank
        ?? throw new KeyNotFoundException($"No bank '{name}' is configured on this node.");

    public string? Route(Mode mode) => all.FirstOrDefault(one => one.Mode == mode).Bank?.Name;

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, bank) in all)
        {
            if (bank is IAsyncDisposable ends)
            {
                await ends.DisposeAsync();
            }

            (bank as IDisposable)?.Dispose();
        }
    }
}
