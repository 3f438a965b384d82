using System.Diagnostics;
using System.Net.Http.Headers;
using Payments.ClientApi.Host;
using Payments.Tests.Support;

namespace Payments.Tests.Engines;

/// <summary>A front end as a process of its own, in front of a running system's nodes.</summary>
internal sealed class FrontEnd : IDisposable
{
    private readonly Process process;
    private readonly string key;

    private FrontEnd(Process process, Uri address, string key) => (this.process, Address, this.key) = (process, address, key);

    public Uri Address { get; }

    /// <summary>Starts one and waits until it serves; whether there is a cluster is another question.</summary>
    public static async Task<FrontEnd> StartAsync(RunningSystem system, string name = "front-end-0")
    {
        var address = FreePort.Address();
        var start = new ProcessStartInfo("dotnet", [typeof(ClusterClient).Assembly.Location]);
        foreach (var (variable, value) in system.Environment)
        {
            start.Environment[variable] = value;
        }

        start.Environment["PAYMENTS_DATABASE"] = await system.Postgres.AppAsync();
        start.Environment["PAYMENTS_URL"] = address.ToString();
        start.Environment["PAYMENTS_NODE"] = name;
        start.Environment["PAYMENTS_SIMULATOR_URL"] = system.Simulator.ToString();
        start.Environment["PAYMENTS_SIMULATOR_WEBHOOK_SECRET"] = system.WebhookSecret;
        var frontEnd = new FrontEnd(system.Logs.Start(start), address, system.SecretKey);
        using var http = new HttpClient { BaseAddress = address };
        await Eventually.BecomesAsync(true, async () => frontEnd.process.HasExited || await AnswersAsync(http, "health/live"), TimeSpan.FromSeconds(60));
        Assert.False(frontEnd.process.HasExited, "the front end ended while it started; its last words are above");
        return frontEnd;
    }

    /// <summary>Whether it says that it can serve.</summary>
    public async Task<bool> IsReadyAsync()
    {
        using var http = new HttpClient { BaseAddress = Address };
        return await AnswersAsync(http, "health/ready");
    }

    public HttpClient Client() => new(new SocketsHttpHandler { MaxConnectionsPerServer = 256 })
    {
        BaseAddress = Address,
        Timeout = TimeSpan.FromSeconds(40),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private static async Task<bool> AnswersAsync(HttpClient http, string path)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
