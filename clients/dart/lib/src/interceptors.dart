import 'package:dio/dio.dart';

import 'errors.dart';
import 'tokens.dart';

const _usedTokens = 'gwansang.tokens';
const _renewed = 'gwansang.renewed';
const _attempt = 'gwansang.attempt';
const _endedCodes = {'TOKEN_INVALID', 'UNAUTHENTICATED'};
const _uncertainCodes = {'DATABASE_UNAVAILABLE', 'STORAGE_UNAVAILABLE'}; // lost at the end of the work, maybe

/// Adds the credentials to calls that take some, and renews the sign-in when the service refuses its token.
final class CredentialsInterceptor extends Interceptor {
  CredentialsInterceptor(this._dio, this._session, this._apiKey);

  final Dio _dio;
  final SignInSession _session;
  final String? _apiKey;

  @override
  Future<void> onRequest(RequestOptions options, RequestInterceptorHandler handler) async {
    try {
      if (takesCredentials(options)) await _authenticate(options);
      handler.next(options);
    } on GwansangException catch (error) {
      handler.reject(DioException(requestOptions: options, error: error));
    } on DioException catch (error) {
      handler.reject(error);
    }
  }

  @override
  Future<void> onError(DioException err, ErrorInterceptorHandler handler) async {
    final options = err.requestOptions;
    final used = options.extra[_usedTokens];
    if (used is! Tokens || options.extra.containsKey(_renewed) || !_isEnded(err.response)) {
      handler.next(err);
      return;
    }
    try {
      if (await _session.renew(used) == null) throw const SignInEndedException();
      handler.resolve(await _dio.fetch<Object?>(repeated(options)..extra[_renewed] = true));
    } on GwansangException catch (error) {
      handler.reject(DioException(requestOptions: options, response: err.response, error: error));
    } on DioException catch (error) {
      handler.reject(error);
    }
  }

  Future<void> _authenticate(RequestOptions options) async {
    final key = _apiKey;
    if (key != null) {
      options.headers['X-API-Key'] = key;
      return;
    }
    final before = await _session.store.load();
    if (before == null) return; // a guest
    final tokens = await _session.living();
    if (tokens == null) throw const SignInEndedException();
    options.headers['Authorization'] = 'Bearer ${tokens.accessToken}';
    options.extra[_usedTokens] = tokens;
  }

  bool _isEnded(Response<Object?>? response) =>
      response?.statusCode == 401 && _endedCodes.contains(ApiException.ofResponse(response!).code);
}

/// Sends a call again if that is safe: refused with `Retry-After`, or harmless when it is done twice.
final class RetryInterceptor extends Interceptor {
  RetryInterceptor(this._dio, {required this.attempts, required this.longestPause});

  final Dio _dio;
  final int attempts;
  final Duration longestPause;

  @override
  Future<void> onError(DioException err, ErrorInterceptorHandler handler) async {
    final made = (err.requestOptions.extra[_attempt] as int? ?? 0) + 1;
    final pause = _pauseAfter(err, made);
    if (pause == null || pause > longestPause || made >= attempts) {
      handler.next(err);
      return;
    }
    await Future<void>.delayed(pause);
    try {
      handler.resolve(await _dio.fetch<Object?>(repeated(err.requestOptions)..extra[_attempt] = made));
    } on DioException catch (error) {
      handler.reject(error);
    }
  }

  Duration? _pauseAfter(DioException err, int made) {
    final growing = Duration(milliseconds: 400 << (made - 1));
    final response = err.response;
    if (response == null) return _isHarmless(err) ? growing : null;
    final refusal = ApiException.ofResponse(response);
    final isRepeatable = _isRepeatable(err.requestOptions);
    final isSafe = isRepeatable || !_uncertainCodes.contains(refusal.code);
    if (isSafe && const {409, 429, 503}.contains(refusal.status) && refusal.retryAfter != null) return refusal.retryAfter;
    return isRepeatable && const {502, 503, 504}.contains(refusal.status) ? growing : null;
  }

  bool _isHarmless(DioException err) => switch (err.type) {
        DioExceptionType.connectionTimeout => true, // it never left
        DioExceptionType.connectionError ||
        DioExceptionType.sendTimeout ||
        DioExceptionType.receiveTimeout =>
          _isRepeatable(err.requestOptions),
        _ => false,
      };

  bool _isRepeatable(RequestOptions options) =>
      const {'GET', 'PUT'}.contains(options.method) || options.headers.containsKey('Idempotency-Key');
}

/// Whether an operation takes credentials, as the generated core notes it.
bool takesCredentials(RequestOptions options) {
  final secure = options.extra['secure'];
  return secure is List<Object?> && secure.isNotEmpty;
}

/// The request once more; a form can be sent only once, so that its copy is sent.
RequestOptions repeated(RequestOptions options) {
  final body = options.data;
  return options.copyWith(data: body is FormData ? body.clone() : body);
}
