/// The tokens of one sign-in.
final class Tokens {
  const Tokens({
    required this.accessToken,
    required this.refreshToken,
    required this.expiresAt,
    this.deviceToken,
  });

  /// Tokens out of what [toJson] returned.
  factory Tokens.fromJson(Map<String, Object?> json) => Tokens(
        accessToken: json['access_token']! as String,
        refreshToken: json['refresh_token']! as String,
        expiresAt: DateTime.parse(json['expires_at']! as String),
        deviceToken: json['device_token'] as String?,
      );

  final String accessToken;

  /// Valid once, so that the tokens of a store are replaced with every refresh.
  final String refreshToken;

  /// The end of the access token.
  final DateTime expiresAt;

  /// Opens nothing; sent with the next sign-in it marks this device as known.
  final String? deviceToken;

  /// Whether the access token ends so soon that it is renewed before the next call.
  bool get isDue => DateTime.now().add(const Duration(seconds: 30)).isAfter(expiresAt);

  /// The tokens as JSON, for a store; they are secrets.
  Map<String, Object?> toJson() => {
        'access_token': accessToken,
        'refresh_token': refreshToken,
        'expires_at': expiresAt.toUtc().toIso8601String(),
        'device_token': deviceToken,
      };
}

/// Where the tokens are kept; on a phone implement it with the keychain.
abstract interface class TokenStore {
  /// The tokens, null without a sign-in.
  Future<Tokens?> load();

  /// Keeps these tokens instead of the last ones; null forgets them.
  Future<void> save(Tokens? tokens);
}

/// Keeps tokens until the program ends.
final class MemoryTokenStore implements TokenStore {
  Tokens? _tokens;

  @override
  Future<Tokens?> load() async => _tokens;

  @override
  Future<void> save(Tokens? tokens) async => _tokens = tokens;
}

/// Renews tokens, once however many calls wait for it.
final class SignInSession {
  SignInSession(this.store, this._exchange);

  final TokenStore store;

  /// Exchanges a refresh token; returns null if it is valid no longer.
  final Future<Tokens?> Function(Tokens tokens) _exchange;
  Future<Tokens?>? _renewing;

  /// Returns tokens that are valid for a while, null without a sign-in or if it has ended.
  Future<Tokens?> living() async {
    final tokens = await store.load();
    return tokens != null && tokens.isDue ? renew(tokens) : tokens;
  }

  /// Replaces the tokens whose access token is [used], unless another call has done so already.
  Future<Tokens?> renew(Tokens used) => _renewing ??= _renew(used).whenComplete(() => _renewing = null);

  Future<Tokens?> _renew(Tokens used) async {
    final current = await store.load();
    if (current == null || current.accessToken != used.accessToken) return current;
    final fresh = await _exchange(current);
    await store.save(fresh);
    return fresh;
  }
}
