using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Payments.Tests.Support;

namespace Payments.Tests.Deploy;

/// <summary>The proxy's configuration, run by nginx itself before servers of this test's.</summary>
public sealed class NginxTests : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("nginx");
    private readonly Uri merchants = FreePort.Address();
    private readonly Uri operators = FreePort.Address();
    private readonly Uri gone = FreePort.Address();
    private WebApplication frontEnd = null!;
    private string configuration = "";
    private int answersBusy;

    public async Task InitializeAsync()
    {
        var address = FreePort.Address();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address.ToString());
        frontEnd = builder.Build();
        frontEnd.Run(async context =>
        {
            context.Response.StatusCode = Interlocked.Decrement(ref answersBusy) >= 0 ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
            await context.Response.WriteAsJsonAsync(new { path = context.Request.Path.Value, length = context.Request.ContentLength });
        });
        await frontEnd.StartAsync();
        string Host(Uri uri) => $"{uri.Host}:{uri.Port}";
        var text = (await File.ReadAllTextAsync(Path.Combine(Repository.Root, "deploy/nginx/nginx.conf")))
            .Replace("front-end-0:8080", Host(gone), StringComparison.Ordinal).Replace("front-end-1:8080", Host(address), StringComparison.Ordinal)
            .Replace("silo-0:8080", Host(address), StringComparison.Ordinal).Replace("silo-1:8080", Host(address), StringComparison.Ordinal).Replace("silo-2:8080", Host(address), StringComparison.Ordinal)
            .Replace("listen 8080 default_server", $"listen {Host(merchants)} default_server", StringComparison.Ordinal).Replace("listen 8081", $"listen {Host(operators)}", StringComparison.Ordinal)
            .Replace("/tmp/", $"{folder.FullName}/", StringComparison.Ordinal).Replace("max_fails=2", "max_fails=0", StringComparison.Ordinal);
        configuration = Path.Combine(folder.FullName, "nginx.conf");
        await File.WriteAllTextAsync(configuration, text);
    }

    public async Task DisposeAsync()
    {
        await frontEnd.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [ToolFact("nginx")]
    public async Task What_is_safe_goes_to_the_other_front_end_and_nothing_else_does()
    {
        using var nginx = await StartAsync();
        try
        {
            using var client = new HttpClient { BaseAddress = merchants };

            // Every other request meets a front end that is gone. A GET, and a POST under a key, never notice.
            for (var i = 0; i < 6; i++)
            {
                Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("v1/payments", UriKind.Relative))).StatusCode);
                Assert.Equal(HttpStatusCode.OK, (await PostAsync(client, "v1/payments", $"key {i}")).Status);
            }

            // One that says 503 is asked no more under this key: the other is.
            Interlocked.Exchange(ref answersBusy, 1);
            var answers = new List<HttpStatusCode>();
            for (var i = 0; i < 2; i++)
            {
                answers.Add((await PostAsync(client, "v1/payments", $"busy {i}")).Status);
            }

            Assert.Contains(HttpStatusCode.OK, answers);
        }
        finally
        {
            await StopAsync(nginx);
        }
    }

    [ToolFact("nginx")]
    public async Task What_is_for_operators_is_not_there_for_merchants_and_refusals_are_problems()
    {
        using var nginx = await StartAsync();
        try
        {
            using var client = new HttpClient { BaseAddress = merchants };
            foreach (var path in new[] { "metrics", "dashboard", "dashboard/x", "v1/admin/gateways", "health/ready", "anything" })
            {
                using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
                var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
                Assert.Equal((HttpStatusCode.NotFound, "application/problem+json", "not_sent"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType!, problem.GetProperty("outcome").GetString()!));
            }

            var (status, large) = await PostAsync(client, "v1/payments", "large", new string('x', 300_000));
            Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "not_sent"), (status, large.GetProperty("outcome").GetString()!));

            using var inside = new HttpClient { BaseAddress = operators };
            Assert.Equal(HttpStatusCode.NotFound, (await inside.GetAsync(new Uri("metrics", UriKind.Relative))).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await inside.GetAsync(new Uri("dashboard/", UriKind.Relative))).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await inside.GetAsync(new Uri("v1/admin/gateways", UriKind.Relative))).StatusCode);

            await frontEnd.StopAsync();
            var (away, unknown) = await PostAsync(client, "v1/payments", "away");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "unknown", true), (away, unknown.GetProperty("outcome").GetString()!, unknown.GetProperty("safe_to_retry").GetBoolean()));
        }
        finally
        {
            await StopAsync(nginx);
        }
    }

    private static async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(HttpClient client, string path, string key, string body = "{}")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body) };
        request.Headers.Add("Idempotency-Key", key);
        using var answer = await client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    private async Task<Process> StartAsync()
    {
        var program = File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";
        using (var check = Process.Start(new ProcessStartInfo(program, ["-t", "-q", "-c", configuration]) { RedirectStandardError = true })!)
        {
            var said = await check.StandardError.ReadToEndAsync();
            await check.WaitForExitAsync();
            Assert.True(check.ExitCode == 0, said);
        }

        var nginx = Process.Start(new ProcessStartInfo(program, ["-c", configuration, "-g", "daemon off;"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        using var client = new HttpClient { BaseAddress = merchants };
        await Eventually.BecomesAsync(true, async () =>
        {
            try
            {
                using var answer = await client.GetAsync(new Uri("health/live", UriKind.Relative));
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        return nginx;
    }

    private static async Task StopAsync(Process nginx)
    {
        using var quit = Process.Start("kill", ["-QUIT", $"{nginx.Id}"]);
        await nginx.WaitForExitAsync();
    }
}
