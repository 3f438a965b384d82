using System.Security.Cryptography;
using System.Text;

namespace Payments.ClientApi.Dashboard;

/// <summary>A page of the dashboard. What it may run and look like is fixed by hashes: nothing that slips into its body is executed.</summary>
/// <param name="title">Plain text.</param>
/// <param name="body">HTML, with everything in it encoded that is not ours.</param>
/// <param name="script">A script, always the same; it may fetch from here.</param>
public sealed class DashboardHtml(string title, string body, string? script = null) : IResult
{
    private static readonly string StyleHash = Hash(DashboardStyle.Text);

    /// <summary>The HTTP status.</summary>
    public int Status { get; init; } = StatusCodes.Status200OK;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy =
            $"{DashboardRoutes.Policy}; img-src data:; style-src {StyleHash}{(script is null ? "" : $"; script-src {Hash(script)}; connect-src 'self'")}";
        return response.WriteAsync(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><link rel="icon" href="data:,">
            <style>{DashboardStyle.Text}</style></head>
            <body>
            {body}
            {(script is null ? "" : $"<script>{script}</script>")}
            </body>
            </html>

            """,
            httpContext.RequestAborted);
    }

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";
}
