using Microsoft.Playwright;

namespace Payments.Tests.Support;

/// <summary>A test in a real browser; it is left out where the machine has no Chromium.</summary>
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = Browser.Program is null ? "There is no Chromium on this machine (apt-get install chromium)." : null;
}

/// <summary>A window of the machine's Chromium.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly IPlaywright driver;
    private readonly IBrowser program;

    private Browser(IPlaywright driver, IBrowser program, IPage page) => (this.driver, this.program, Page) = (driver, program, page);

    /// <summary>Null where there is none.</summary>
    public static string? Program { get; } =
        new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    public IPage Page { get; }

    /// <summary>What pages complained about: scripts that failed, and what their content security policy forbade.</summary>
    public List<string> Complaints { get; } = [];

    public static async Task<Browser> OpenAsync()
    {
        var driver = await Playwright.CreateAsync();
        var program = await driver.Chromium.LaunchAsync(new() { ExecutablePath = Program, Headless = true, Args = ["--no-sandbox"] });
        var browser = new Browser(driver, program, await program.NewPageAsync(new() { ViewportSize = new() { Width = 1280, Height = 860 } }));
        browser.Page.PageError += (_, error) => browser.Complaints.Add(error);
        browser.Page.Console += (_, message) =>
        {
            // That a request was refused is what some tests are about.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                browser.Complaints.Add(message.Text);
            }
        };
        return browser;
    }

    public async ValueTask DisposeAsync()
    {
        await program.CloseAsync();
        driver.Dispose();
    }
}
