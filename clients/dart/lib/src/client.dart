import 'dart:math';

import 'package:built_collection/built_collection.dart';
import 'package:dio/dio.dart';
import 'package:gwansang_api/gwansang_api.dart';
import 'package:web_socket_channel/web_socket_channel.dart';

import 'errors.dart';
import 'interceptors.dart';
import 'live.dart';
import 'tasks.dart';
import 'tokens.dart';

/// A client of the service: the operations of the generated core, with credentials, retries and typed errors.
///
/// Operations are called on the groups of the core and awaited with [send]:
///
/// ```dart
/// final reading = await client.send(client.analysis.analyzeUploadedFace(file: photosOf([bytes])));
/// ```
final class GwansangClient {
  /// Makes a client; [apiKey] is for programs that act for themselves, [tokens] keeps the tokens of a sign-in.
  GwansangClient(
    this.baseUrl, {
    String? apiKey,
    TokenStore? tokens,
    this.locale,
    Duration timeout = const Duration(seconds: 30),
    int attempts = 3,
    Duration longestPause = const Duration(seconds: 20),
  })  : _apiKey = apiKey,
        _dio = Dio(_options(baseUrl, locale, timeout)),
        _refreshes = GwansangApi(dio: Dio(_options(baseUrl, locale, const Duration(seconds: 8))), interceptors: []) {
    if (apiKey != null && tokens != null) throw ArgumentError('an API key and a sign-in exclude each other');
    _session = SignInSession(tokens ?? MemoryTokenStore(), _exchange);
    _api = GwansangApi(dio: _dio, interceptors: [
      CredentialsInterceptor(_dio, _session, apiKey),
      RetryInterceptor(_dio, attempts: attempts, longestPause: longestPause),
    ]);
  }

  /// The address of the service.
  final String baseUrl;

  /// The language of texts: ko, en or ja.
  final String? locale;

  final String? _apiKey;
  final Dio _dio;
  final GwansangApi _refreshes;
  late final SignInSession _session;
  late final GwansangApi _api;

  AccountsApi get accounts => _api.getAccountsApi();
  AnalysisApi get analysis => _api.getAnalysisApi();
  APIKeysApi get keys => _api.getAPIKeysApi();
  CelebrityApi get celebrities => _api.getCelebrityApi();
  CompatibilityApi get compatibility => _api.getCompatibilityApi();
  ConsentAndPrivacyApi get consents => _api.getConsentAndPrivacyApi();
  KeptReadingsApi get readings => _api.getKeptReadingsApi();
  LongWorkApi get tasks => _api.getLongWorkApi();
  SigningInApi get signingIn => _api.getSigningInApi();

  /// The tokens of the sign-in, null without one.
  Future<Tokens?> get tokens => _session.store.load();

  /// Returns the answer of a call; throws [GwansangException].
  Future<T> send<T>(Future<Response<T>> call) async => (await _answer(call)).data as T;

  /// Waits for a call that has no answer; throws [GwansangException].
  Future<void> run(Future<Response<void>> call) async {
    await _answer(call);
  }

  /// Signs in and keeps the tokens; every later call renews them when it has to.
  Future<void> signIn(String email, String password, {String? deviceName}) async {
    final known = await tokens;
    final answer = await send(signingIn.login(
      username: email,
      password: password,
      deviceName: deviceName,
      deviceToken: known?.deviceToken,
    ));
    await _session.store.save(Tokens(
      accessToken: answer.accessToken,
      refreshToken: answer.refreshToken,
      expiresAt: _endOf(answer.expiresIn),
      deviceToken: answer.deviceToken,
    ));
  }

  /// Ends the sign-in, on the service too, unless it has ended there already.
  Future<void> signOut() async {
    try {
      if (await tokens != null) await run(signingIn.logout());
    } on SignInEndedException {
      // there is nothing left to end
    } finally {
      await _session.store.save(null);
    }
  }

  /// Erases the account with all that belongs to it, and forgets the sign-in.
  Future<void> eraseAccount(String password) async {
    final proof = Reauthenticated((builder) => builder.currentPassword = password);
    await run(accounts.deleteMe(reauthenticated: proof));
    await _session.store.save(null);
  }

  /// Submits photos, each read by itself; sent again under the same key it is the same task.
  Future<TaskOut> submitBatch(BuiltList<MultipartFile> photos, {String? idempotencyKey}) =>
      send(tasks.analyzeBatch(file: photos, idempotencyKey: idempotencyKey ?? newIdempotencyKey()));

  /// Yields the state of a task and then every change, up to its end.
  Stream<TaskEvent> watchTask(String taskId) => TaskWatcher(
        connect: (after) => _connect('/api/v1/analysis/tasks/$taskId/events', after: after),
        read: () => send(tasks.readTask(taskId: taskId)),
      ).events();

  /// Returns a task once it is done; throws [TaskFailedException].
  Future<TaskOut> waitForTask(String taskId) async => finishedTask(await watchTask(taskId).last);

  /// Opens a live session, as a guest if there are no credentials.
  Future<LiveSession> openLive({int? birthYear}) async {
    final channel = await _connect('/api/v1/analysis/live');
    try {
      await channel.ready;
    } on Exception catch (error) {
      throw ConnectionFailedException('$error');
    }
    return LiveSession.open(channel, locale: locale, birthYear: birthYear);
  }

  /// Yields all kept readings, newest first, one page at a time.
  Stream<KeptReadingOut> allReadings({int size = 20}) async* {
    String? after;
    do {
      final page = await send(readings.listReadings(size: size, after: after, page: after == null ? 1 : null));
      yield* Stream.fromIterable(page.items);
      after = page.next;
    } while (after != null);
  }

  /// Closes the connections; the sign-in goes on.
  void close() {
    _dio.close();
    _refreshes.dio.close();
  }

  Future<WebSocketChannel> _connect(String path, {int? after}) async {
    final isGuest = _apiKey == null && await tokens == null;
    final ticket = isGuest ? null : (await send(signingIn.issueTicket())).ticket;
    final base = Uri.parse(baseUrl);
    return WebSocketChannel.connect(base.replace(
      scheme: base.scheme == 'https' ? 'wss' : 'ws',
      path: path,
      queryParameters: {
        if (ticket != null) 'ticket': ticket,
        if (after != null) 'after': '$after',
        if (locale != null) 'locale': locale,
      },
    ));
  }

  /// Exchanges a refresh token; returns null if it is valid no longer.
  Future<Tokens?> _exchange(Tokens tokens) async {
    final request = RefreshRequest((builder) => builder.refreshToken = tokens.refreshToken);
    try {
      final answer = await send(_refreshes.getSigningInApi().refreshTokens(refreshRequest: request));
      return Tokens(
        accessToken: answer.accessToken,
        refreshToken: answer.refreshToken,
        expiresAt: _endOf(answer.expiresIn),
        deviceToken: tokens.deviceToken,
      );
    } on ApiException catch (error) {
      if (error.status == 401) return null;
      rethrow;
    }
  }

  Future<Response<T>> _answer<T>(Future<Response<T>> call) async {
    try {
      return await call;
    } on DioException catch (error) {
      final cause = error.error;
      if (cause is GwansangException) throw cause;
      final response = error.response;
      if (response != null && (response.statusCode ?? 0) >= 400) throw ApiException.ofResponse(response);
      throw ConnectionFailedException('${error.message ?? error.type.name}');
    }
  }
}

/// Photos as the operations take them.
BuiltList<MultipartFile> photosOf(Iterable<List<int>> photos) => BuiltList<MultipartFile>([
      for (final (number, bytes) in photos.indexed) MultipartFile.fromBytes(bytes, filename: '${number + 1}.jpg'),
    ]);

/// A new key under which a creating call can be sent again without being done twice.
String newIdempotencyKey() {
  final random = Random.secure();
  return [for (var i = 0; i < 16; i++) random.nextInt(256).toRadixString(16).padLeft(2, '0')].join();
}

DateTime _endOf(int seconds) => DateTime.now().add(Duration(seconds: seconds));

BaseOptions _options(String baseUrl, String? locale, Duration timeout) => BaseOptions(
      baseUrl: baseUrl,
      connectTimeout: const Duration(seconds: 10),
      sendTimeout: timeout,
      receiveTimeout: timeout,
      headers: {if (locale != null) 'Accept-Language': locale},
    );
