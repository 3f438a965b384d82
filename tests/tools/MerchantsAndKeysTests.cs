using Payments.Tests.Support;

namespace Payments.Tests.Tools;

/// <summary><c>payments merchants</c> and <c>payments keys</c> as people type them, rightly and wrongly.</summary>
public sealed class MerchantsAndKeysTests : IAsyncLifetime
{
    private TestDatabase database = null!;

    public async Task InitializeAsync() => database = await TestDatabase.CreateAsync();

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task A_merchant_gets_a_key_and_another_in_its_place()
    {
        var merchant = await OkAsync("merchants", "create", "--name", "Corner shop", "--fee-bp", "250", "--fee-returned-on-refund", "true");
        Assert.Equal("updated", await OkAsync("merchants", "update", merchant, "--fee-fixed", "15"));
        var listed = await OkAsync("merchants", "list");
        Assert.Contains("250 bp + 15", listed, StringComparison.Ordinal);
        Assert.Contains("returned", listed, StringComparison.Ordinal);

        var secret = await OkAsync("keys", "create", "--merchant", merchant, "--scope", "read", "--name", "Export");
        Assert.StartsWith("sk_test_", secret, StringComparison.Ordinal);
        var keys = await OkAsync("keys", "list");
        Assert.DoesNotContain(secret, keys, StringComparison.Ordinal);
        var id = keys.Split(' ').Single(word => word.StartsWith("key_", StringComparison.Ordinal));
        Assert.NotEqual(secret, await OkAsync("keys", "rotate", id, "--grace", "2h"));
        Assert.Contains("expires", await OkAsync("keys", "list"), StringComparison.Ordinal);
        Assert.Equal("revoked", await OkAsync("keys", "revoke", id));
        var (code, _, error) = await RunAsync("keys", "rotate", id);
        Assert.Equal((2, "payments: The key was revoked or rotated before."), (code, error));
    }

    [Theory]
    [InlineData("--name is a text of 1 to 100 characters", "merchants", "create", "--name", "")]
    [InlineData("--name is a text of 1 to 100 characters", "merchants", "create", "--name", "a\tb")]
    [InlineData("--fee-bp must be a whole number from 0 to 10000", "merchants", "create", "--name", "x", "--fee-bp", "10001")]
    [InlineData("--fee-fixed must be a whole number", "merchants", "create", "--name", "x", "--fee-fixed", "-1")]
    [InlineData("There is no merchant mer_x", "merchants", "update", "mer_x", "--name", "y")]
    [InlineData("There is no merchant mer_x", "keys", "create", "--merchant", "mer_x")]
    [InlineData("'admin' not recognized", "keys", "create", "--scope", "admin")]
    [InlineData("named by its id", "keys", "rotate", "sk_test_secret")]
    [InlineData("There is no key key_", "keys", "revoke", "key_00000000000000000000000000")]
    [InlineData("--grace is a number and s, m, h or d", "keys", "rotate", "key_00000000000000000000000000", "--grace", "2x")]
    [InlineData("--grace is a number and s, m, h or d", "keys", "rotate", "key_00000000000000000000000000", "--grace", "")]
    public async Task A_mistake_gets_a_sentence_and_changes_nothing(string sentence, params string[] arguments)
    {
        var (code, _, error) = await RunAsync(arguments);
        Assert.Equal(2, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("sk_test_secret", error, StringComparison.Ordinal);
    }

    private Task<string> OkAsync(params string[] arguments) => new CommandLine(database).OkAsync(arguments);

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) => new CommandLine(database).RunAsync(arguments);
}
