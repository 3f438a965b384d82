using System.Globalization;
using System.Net;

namespace Payments.Gateways.Connectors.Simulator;

/// <summary>Fetches the simulated processor's settlement files.</summary>
public sealed class SimulatorSettlements : ISettlementSource, IDisposable
{
    private readonly Uri baseAddress;
    private readonly TimeSpan timeout;
    private readonly TimeProvider clock;
    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    });

    /// <param name="gateway">What the processor is called here.</param>
    /// <param name="baseAddress">The processor's root.</param>
    /// <param name="timeout">How long a file may take.</param>
    /// <param name="clock">Measures the timeout.</param>
    public SimulatorSettlements(string gateway, Uri baseAddress, TimeSpan timeout, TimeProvider clock) =>
        (Gateway, this.baseAddress, this.timeout, this.clock) = (gateway, baseAddress, timeout, clock);

    /// <inheritdoc/>
    public string Gateway { get; }

    /// <inheritdoc/>
    public string Format => "simulator";

    /// <inheritdoc/>
    public async Task FetchAsync(DateOnly day, Stream target, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var query = string.Create(CultureInfo.InvariantCulture, $"settlement?from={day:yyyy-MM-dd}T00:00:00Z&to={day.AddDays(1):yyyy-MM-dd}T00:00:00Z");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(baseAddress, query));
        try
        {
            using var response = await http.SendAsync(request, either.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new SettlementSourceException($"{Gateway} answered with {(int)response.StatusCode} when it was asked for the file of {day:yyyy-MM-dd}.");
            }

            // It comes in chunks, the last of which says that it is the last: a connection that breaks before is an error here, and not a shorter file.
            await using var file = await response.Content.ReadAsStreamAsync(either.Token);
            await file.CopyToAsync(target, either.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SettlementSourceException($"{Gateway} did not hand the file of {day:yyyy-MM-dd} out in time.", late);
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException)
        {
            throw new SettlementSourceException($"The file of {day:yyyy-MM-dd} of {Gateway} did not come whole.", lost);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();
}
